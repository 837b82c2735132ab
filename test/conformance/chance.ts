import { actionAspect, type History, type Milestone } from "./milestones.ts";
import { linked, partsOf } from "./relations.ts";

/**
 * What is chance, by the recordings alone: a state that one object passed through and an equal one in the same
 * situation did not. Objects are equal where they are made from the same specification; a situation is what had been
 * done to the object, and to its VM, its members and its node, since it was created.
 */
export class Chance {
  /** Direct steps from one value to the next, by situation and aspect. */
  readonly #steps = new Map<string, Set<string>>();

  constructor(recordings: { history: History; endsAt: number }[]) {
    for (const { history, endsAt } of recordings) {
      for (const stream of streamsOf(history).values()) this.#learn(stream, endsAt);
    }
  }

  /** Whether an equal object went from the value before to the value after without that milestone between them. */
  optional(stream: Stream, index: number): boolean {
    const { before, after } = neighbours(stream, index);
    const { value } = stream.milestones[index]!;
    // What may not come at all may also come and go.
    const came = valueBefore(stream, index - 1) === none && index > 0;
    if (value === gone && came && after === none) return this.optional(stream, index - 1);
    if (before === none && after === gone) return this.#seen(stream, index, [none, none]);
    return this.#seen(stream, index, [before, after]);
  }

  /** Whether an equal object on the real cluster passed through that value between the same two. */
  possible(stream: Stream, index: number): boolean {
    const { before, after } = neighbours(stream, index);
    const { value } = stream.milestones[index]!;
    return this.#seen(stream, index, [before, value]) && this.#seen(stream, index, [value, after]);
  }

  /**
   * What its owner decides, whether an object is deleted, only exact equals tell; what comes between, all near ones. So
   * do they tell whether a kubelet's share of events about a launcher lasted to its end: it knows nothing of owners. Of
   * the ten equal launchers of crash-loop that end, seven tell of it twice, two of the same VM not at all, one once.
   */
  #seen({ situations, aspect }: Stream, index: number, [from, to]: [string, string]): boolean {
    const [exact, near] = situations[index]!;
    const known = (situation: string): boolean =>
      this.#steps.get(`${situation} ${aspect}`)?.has(`${from} → ${to}`) ?? false;
    const ofKubelet = aspect === "event Killing";
    return known(exact) || ((ofKubelet || (from !== none && to !== none)) && known(near));
  }

  #learn({ milestones, situations, ended }: Stream, endsAt: number): void {
    let before = none;
    for (const [index, { value, aspect }] of milestones.entries()) {
      for (const situation of situations[index]!) this.#add(`${situation} ${aspect}`, `${before} → ${value}`);
      before = value;
    }
    // In each situation that lasted long enough it also became nothing more.
    for (const { situations: both, aspect, from, to, value } of ended) {
      if (Math.min(to, endsAt) - from <= settledSeconds) continue;
      for (const situation of both) this.#add(`${situation} ${aspect}`, `${value} → ${none}`);
    }
  }

  #add(key: string, step: string): void {
    const steps = this.#steps.get(key);
    if (steps === undefined) this.#steps.set(key, new Set([step]));
    else steps.add(step);
  }
}

/** The values before and after, the one after within the same situation. */
function neighbours({ milestones, situations }: Stream, index: number): { before: string; after: string } {
  const next = milestones[index + 1];
  const sameSituation = next !== undefined && situations[index + 1]![0] === situations[index]![0];
  return { before: valueBefore({ milestones }, index), after: sameSituation ? next.value : none };
}

function valueBefore({ milestones }: Pick<Stream, "milestones">, index: number): string {
  return milestones[index - 1]?.value ?? none;
}

/** The value of an aspect that has never been there, and that of one that is there no more. */
const none = "(none)";
const gone = "-";
/** A situation that lasted this long without a change of the aspect is taken not to bring one. */
const settledSeconds = 60;

type Situations = [exact: string, near: string];

/** The milestones of one aspect of one object, each with its situations: exact, and whoever owns it. */
export interface Stream {
  subject: string;
  aspect: string;
  milestones: Milestone[];
  situations: Situations[];
  ended: { situations: Situations; aspect: string; from: number; to: number; value: string }[];
}

/** The streams of a history by `subject aspect`; `makes` says which objects are equal. */
export function streamsOf({ milestones, nodes, makes: own }: History, makes = own): Map<string, Stream> {
  const actions = milestones.filter(({ aspect }) => aspect === actionAspect);
  const streams = new Map<string, Stream>();
  const born = new Map<string, number>();
  for (const one of milestones) {
    if (one.aspect === actionAspect) continue;
    if (!born.has(one.subject)) born.set(one.subject, createdAt(one));
    const key = `${one.subject} ${one.aspect}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { subject: one.subject, aspect: one.aspect, milestones: [], situations: [], ended: [] };
      streams.set(key, stream);
    }
    stream.milestones.push(one);
    stream.situations.push(situationOf(one, born.get(one.subject)!));
  }
  // An aspect that never showed in an object's situation is as telling as one that did.
  const aspects = new Set([...streams.values()].map(({ aspect }) => aspect));
  for (const [subject, from] of born) {
    const changes = [from, ...actionsOn(subject).flatMap(({ at }) => (at > from ? [at] : [])), Infinity];
    for (const aspect of aspects) {
      const stream = streams.get(`${subject} ${aspect}`) ?? {
        subject,
        aspect,
        milestones: [],
        situations: [],
        ended: [],
      };
      streams.set(`${subject} ${aspect}`, stream);
      for (const [index, start] of changes.slice(0, -1).entries()) {
        const to = changes[index + 1]!;
        const last = stream.milestones.findLast(({ at }) => at < to);
        const situations = situationOf({ subject, at: (start + Math.min(to, start + 1)) / 2 } as Milestone, from);
        stream.ended.push({ situations, aspect, from: Math.max(start, last?.at ?? 0), to, value: last?.value ?? none });
      }
    }
  }
  return streams;

  /** Zero for what was there when the journal began. */
  function createdAt({ subject, at }: Milestone): number {
    const created = milestones.find((one) => one.subject === subject && one.aspect === "exists");
    return created?.value === "created" ? Math.min(created.at, at) : 0;
  }

  function actionsOn(subject: string): Milestone[] {
    return actions.filter((action) =>
      action.subject.startsWith("node/")
        ? action.subject === subject || linked("node", action.subject, subject, nodes)
        : linked("same", action.subject, subject, nodes),
    );
  }

  function situationOf({ subject, at }: Milestone, from: number): Situations {
    const done = actionsOn(subject).flatMap((action) => (action.at >= from && action.at <= at ? [action.value] : []));
    const { kind, name, member, incarnation } = partsOf(subject);
    const instance = `vmi/${name}${member === undefined ? "" : `[${member}]`}#${incarnation}`;
    const make = makes.get(["pod", "migration"].includes(kind) ? instance : subject) ?? "";
    // A VMI's second pod is the target of a migration.
    const role = kind === "pod" && !subject.endsWith(".1") ? "target" : "";
    const near = [kind, role, make, ...done].join(" | ");
    const owner = makes.get(`vm/${name}`) ?? makes.get(`vmirs/${name}`) ?? "none";
    return [`${near} | of ${owner}`, near];
  }
}
