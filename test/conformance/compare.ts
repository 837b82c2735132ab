import { causes, type Cause } from "./causes.ts";
import type { Chance } from "./chance.ts";
import { streamsOf, type Stream } from "./chance.ts";
import { actionAspect, type History, type Milestone } from "./milestones.ts";
import { linked } from "./relations.ts";
import type { Settings } from "../../src/simulator/settings.ts";
import { waits, type Wait } from "./waits.ts";

export type Finding = "agreed" | "missing" | "extra" | "out of order" | "wait";

/** One thing compared, with the journal's line on the side where it is. */
export interface Comparison {
  finding: Finding;
  subject: string;
  what: string;
  /** The milestone on the real cluster, and on the simulated one. */
  real: Milestone | undefined;
  simulated: Milestone | undefined;
}

export interface Sides {
  real: History;
  simulated: History;
  /** When the recording ends, in seconds. */
  endsAt: number;
  settings: Settings;
}

/** Compares what a simulated cluster did with a recording; what the recordings show to be chance is left out. */
export function compareSides({ real, simulated, endsAt, settings }: Sides, chance: Chance): Comparison[] {
  const comparisons: Comparison[] = [];
  const matched = new Map<Milestone, Milestone>();
  const lasts = lastOfEach(real);
  const theirs = streamsOf(simulated, real.makes);
  const streams = streamsOf(real);
  for (const key of new Set([...streams.keys(), ...theirs.keys()])) {
    const { subject, aspect } = streams.get(key) ?? theirs.get(key)!;
    const ours = streams.get(key) ?? emptyStream(subject, aspect);
    const other = theirs.get(key) ?? emptyStream(subject, aspect);
    const pairs = align(ours, other, chance);
    for (const [a, b] of pairs) {
      const one = a === undefined ? undefined : ours.milestones[a];
      const two = b === undefined ? undefined : other.milestones[b];
      if (one !== undefined && two !== undefined) matched.set(one, two);
      const finding = one === undefined ? "extra" : two === undefined ? "missing" : "agreed";
      if (finding === "missing" && chance.optional(ours, a!)) continue;
      if (finding === "agreed" && chance.optional(ours, a!)) continue;
      if (finding === "extra" && (chance.possible(other, b!) || beyondEnd(two!, lasts, endsAt))) continue;
      comparisons.push({ finding, subject, what: `${aspect} ${(one ?? two)!.value}`, real: one, simulated: two });
    }
  }
  for (const one of real.milestones.filter(({ aspect }) => aspect === actionAspect)) {
    const two = simulated.milestones.find(
      ({ aspect, subject, at }) => aspect === actionAspect && subject === one.subject && Math.abs(at - one.at) < 0.5,
    );
    if (two !== undefined) matched.set(one, two);
  }
  return [...joinSwapped(comparisons), ...orders(real, matched), ...lengths(real, matched, settings)];
}

/** Seconds before the recording's end in which what the simulated cluster did sooner is not held against it. */
const tailSeconds = 45;

function beyondEnd(two: Milestone, lasts: Map<string, number>, endsAt: number): boolean {
  return two.at > endsAt - tailSeconds || (lasts.get(two.subject) ?? 0) > endsAt - tailSeconds;
}

function lastOfEach({ milestones }: History): Map<string, number> {
  return new Map(milestones.map(({ subject, at }) => [subject, at]));
}

function emptyStream(subject: string, aspect: string): Stream {
  return { subject, aspect, milestones: [], situations: [], ended: [] };
}

/** Pairs of equal values in order, as many as can be, those that must be before those that may. */
function align(ours: Stream, theirs: Stream, chance: Chance): [number | undefined, number | undefined][] {
  const [a, b] = [ours.milestones, theirs.milestones];
  const worth = a.map((_, index) => (chance.optional(ours, index) ? 1 : 2));
  const best = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const both = a[i]!.value === b[j]!.value ? worth[i]! + best[i + 1]![j + 1]! : 0;
      best[i]![j] = Math.max(both, best[i + 1]![j]!, best[i]![j + 1]!);
    }
  }
  const pairs: [number | undefined, number | undefined][] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const here = best[i]![j]!;
    if (i < a.length && j < b.length && a[i]!.value === b[j]!.value && here === worth[i]! + best[i + 1]![j + 1]!) {
      pairs.push([i++, j++]);
    } else if (i < a.length && here === best[i + 1]![j]!) pairs.push([i++, undefined]);
    else pairs.push([undefined, j++]);
  }
  return pairs;
}

/** A value that is missing in one place of its stream and extra in another is one thing, out of order. */
function joinSwapped(comparisons: Comparison[]): Comparison[] {
  const joined: Comparison[] = [];
  for (const one of comparisons) {
    const twin = joined.find(
      (other) =>
        other.subject === one.subject &&
        other.what === one.what &&
        [other.finding, one.finding].sort().join() === "extra,missing",
    );
    if (twin === undefined) joined.push(one);
    else
      Object.assign(twin, {
        finding: "out of order",
        real: twin.real ?? one.real,
        simulated: twin.simulated ?? one.simulated,
      });
  }
  return joined;
}

/** Each effect with the latest of its causes before it, both of which happened on both sides. */
function linksOf(
  { cause, effect, link }: Cause,
  real: History,
  matched: Map<Milestone, Milestone>,
): [Milestone, Milestone][] {
  const begins = real.milestones.filter((one) => fits(one, cause) && matched.has(one));
  return real.milestones.flatMap((one): [Milestone, Milestone][] => {
    if (!fits(one, effect) || !matched.has(one)) return [];
    const begin = begins.findLast((two) => two.line < one.line && linked(link, two.subject, one.subject, real.nodes));
    return begin === undefined ? [] : [[begin, one]];
  });
}

function fits({ subject, aspect, value }: Milestone, [kind, what, becomes]: Cause["cause"]): boolean {
  return subject.startsWith(`${kind}/`) && aspect === what && becomes.test(value);
}

function orders(real: History, matched: Map<Milestone, Milestone>): Comparison[] {
  return causes.flatMap((cause) =>
    linksOf(cause, real, matched).map(([begin, end]) => {
      const finding = matched.get(begin)!.line < matched.get(end)!.line ? "agreed" : "out of order";
      return {
        finding,
        subject: end.subject,
        what: `${named(end)} after ${named(begin)}`,
        real: end,
        simulated: matched.get(end),
      };
    }),
  );
}

function lengths(real: History, matched: Map<Milestone, Milestone>, settings: Settings): Comparison[] {
  return waits.flatMap((wait: Wait) =>
    linksOf(wait, real, matched)
      .filter(([begin, end]) => !cameOtherwise(wait, real, begin, end))
      .map(([begin, end]) => {
        const took = end.at - begin.at;
        const simulated = matched.get(end)!.at - matched.get(begin)!.at;
        const finding = Math.abs(took - simulated) <= wait.toleranceSeconds(settings, took) ? "agreed" : "wait";
        const what = `${wait.constant}: ${took.toFixed(1)} s, simulated ${simulated.toFixed(1)} s`;
        return { finding, subject: end.subject, what, real: end, simulated: matched.get(end) };
      }),
  );
}

/** Whether something else, or somebody's own hand, brought about what was waited for. */
function cameOtherwise({ unless = [], link }: Wait, real: History, begin: Milestone, end: Milestone): boolean {
  return real.milestones.some(
    (one) =>
      one.line > begin.line &&
      one.line < end.line &&
      (unless.some((mark) => fits(one, mark) && linked(link, one.subject, end.subject, real.nodes)) ||
        (one.aspect === actionAspect && one.subject === end.subject)),
  );
}

function named({ subject, aspect, value }: Milestone): string {
  return `${subject} ${aspect} ${value}`;
}
