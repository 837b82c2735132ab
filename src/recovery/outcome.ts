import type { Outcome } from "../experiment/plan.ts";
import { valueAt } from "../observe/history.ts";
import type { Incarnation, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { kindOf } from "./action-kinds.ts";
import { isTaken } from "./aim.ts";
import { refusalOf } from "./refusal.ts";
import type { Identity, Interval, StuckOn } from "./recovery.ts";
import { identityAt, incarnationAt, isLive, membersAt, servingSwitches, type Switch } from "./serving.ts";
import { isWhole, lastBreak, lastStretch } from "./stretch.ts";
import { stuckOn } from "./stuck.ts";
import { actionsOn, type Window } from "./window.ts";
import { isWantedUp } from "./wanted.ts";

/** What became of a subject in a window, and what that rests on. */
export interface Reading {
  outcome: Outcome;
  on: StuckOn | null;
  /** One sentence for a person. */
  detail: string;
  /** When it began to serve as it does at the end; null where it does not, or not yet for certain. */
  good: Interval | null;
  before: Identity;
  after: Identity;
  /** The VMIs that were its own at the beginning and at the end: one at most, but for a replica set. */
  first: Incarnation[];
  last: Incarnation[];
  /** When each incarnation served, and how many at once make the subject whole. */
  switches: Switch[][];
  need: number;
  /** Whether its guests were asked whether they answer. */
  isAsked: boolean;
}

type Said = Pick<Reading, "outcome" | "detail"> & { on?: StuckOn };

/**
 * Says what became of a subject by observation alone; the first outcome that fits. `timeline` ends with the window.
 *
 * @param settleMs how long it must serve unbroken to count as back.
 */
export function readOutcome(timeline: Timeline, subject: SubjectTimeline, window: Window, settleMs: number): Reading {
  const isSet = subject.kind === "VirtualMachineInstanceReplicaSet";
  const need = isSet ? replicasAt(subject, window.untilMs) : 1;
  const isAsked = subject.incarnations.some((incarnation) => incarnation.answers.length > 0);
  const switches = subject.incarnations.map((incarnation) => servingSwitches(incarnation, isAsked));
  const stretch = need === 0 ? null : lastStretch(switches, need);
  const first = partsAt(subject, window.fromMs);
  const last = partsAt(subject, window.untilMs);
  const facts = { timeline, subject, window, settleMs, need, isAsked, switches, stretch, first, last };
  const said = blindness(facts) ?? (stretch === null ? whileDown(facts) : whileServing({ ...facts, stretch }));
  return {
    on: null,
    ...said,
    good: said.outcome === "unknown" ? null : stretch,
    before: identityOf(subject, first, window.fromMs),
    after: identityOf(subject, last, window.untilMs),
    first,
    last,
    switches,
    need,
    isAsked,
  };
}

interface Facts {
  timeline: Timeline;
  subject: SubjectTimeline;
  window: Window;
  settleMs: number;
  need: number;
  isAsked: boolean;
  switches: Switch[][];
  stretch: Interval | null;
  first: Incarnation[];
  last: Incarnation[];
}

/** Why nothing can be said at all: it was never seen, or not at the end. */
function blindness({ timeline, subject, window: { untilMs } }: Facts): Said | null {
  const wasSeen = subject.vm.length + subject.set.length + subject.incarnations.length > 0;
  if (!wasSeen) return neverMade(timeline, subject) ?? { outcome: "unknown", detail: "the journal never saw it" };
  const gap = timeline.gaps.find(
    ({ resource, fromMs, toMs }) => resource === "virtualmachineinstances" && fromMs <= untilMs && toMs >= untilMs,
  );
  return gap === undefined ? null : { outcome: "unknown", detail: `nobody saw the VMIs at the end: ${gap.reason}` };
}

/** What became of what the API server refused to make: there is nothing that could ever run. */
function neverMade({ actions }: Timeline, { name }: SubjectTimeline): Said | null {
  const refused = actions.find(({ entry, result }) => entry.variant === name && result?.startsWith("refused: "));
  if (refused?.name !== "apply") return null;
  return { outcome: "stuck", on: "not-created", detail: `its creation was ${refused.result}` };
}

function whileServing(facts: Facts & { stretch: Interval }): Said {
  const { subject, window, settleMs, stretch, first, last } = facts;
  const doubt = staleness(facts);
  if (doubt !== null) return { outcome: "unknown", detail: doubt };
  const isLasting = stretch.high <= window.fromMs || window.untilMs - stretch.high >= settleMs;
  if (!isLasting) {
    const sinceSeconds = ((window.untilMs - stretch.high) / 1000).toFixed(1);
    return {
      outcome: "unknown",
      detail: `it serves since ${sinceSeconds} s when the window ends, less than the ${settleMs / 1000} s that count as lasting`,
    };
  }
  const whole = subject.kind === "VirtualMachineInstanceReplicaSet" ? "the set is whole again" : "it serves again";
  const known = new Set(first.map((incarnation) => incarnation.uid));
  const serving = last.filter((incarnation) => isServing(facts, incarnation));
  const fresh = serving.filter((incarnation) => !known.has(incarnation.uid));
  if (fresh.length > 0) return { outcome: "restarted", detail: `${whole}, as ${fresh.map(named).join(" and ")}` };
  const moved = serving.filter((incarnation) => hasMoved(incarnation, window.fromMs));
  if (moved.length > 0) {
    return {
      outcome: "migrated",
      detail: `${moved.map((each) => movedTo(each, window)).join("; ")}; the VMI is the same`,
    };
  }
  if (serving.some((incarnation) => hasRebooted(incarnation, window.fromMs))) {
    return { outcome: "rebooted", detail: "the guest has another boot id; the VMI is the same" };
  }
  if (stretch.high > window.fromMs) return { outcome: "resumed", detail: `${whole}; VMI, node and boot are the same` };
  const refusal = refusalOf(facts.timeline, subject, window, last);
  if (refusal !== null) return { outcome: "blocked", detail: `it kept serving: ${refusal}` };
  const unseen = unseenHarm(facts);
  if (unseen !== null) return { outcome: "unknown", detail: unseen };
  return { outcome: "undisturbed", detail: "it was never unready and never silent" };
}

function whileDown({ timeline, subject, window, need, last, switches }: Facts): Said {
  const { untilMs } = window;
  const isSet = subject.kind === "VirtualMachineInstanceReplicaSet";
  const live = last.filter((incarnation) => isLive(valueAt(incarnation.states, untilMs)));
  const wanted = isSet ? need > 0 : isWantedUp(subject, untilMs);
  if (live.length === 0 && !wanted) {
    const phase = finalPhase(subject);
    return {
      outcome: "stopped",
      detail:
        phase === null
          ? "it has no VMI, and nothing wants one"
          : `its last VMI ended ${phase}, and nothing wants another`,
    };
  }
  const down = live.find((incarnation) => !isServingNow(subject, switches, incarnation));
  const on = stuckOn(timeline, subject, down ?? (isSet ? undefined : last[0]), untilMs);
  if (!wanted)
    return { outcome: "stuck", on: on === "node-lost" ? on : "terminating", detail: "it is to be gone, and is not" };
  const serving = live.length - live.filter((incarnation) => !isServingNow(subject, switches, incarnation)).length;
  return {
    outcome: "stuck",
    on,
    detail: isSet
      ? `${serving} of ${need} serve (${on})`
      : `it is wanted up and does not serve (${on})${loopCause(on, last)}`,
  };
}

/** What ends a VM time and again before it serves, as far as its spec tells. */
function loopCause(on: StuckOn, [last]: Incarnation[]): string {
  const probe = last?.spec.livenessProbe;
  if (on !== "restart-loop" || probe === undefined) return "";
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3 } = probe;
  return `: its liveness probe, first after ${initialDelaySeconds} s, then every ${periodSeconds} s, allows ${failureThreshold} failures and ends it before it serves`;
}

/** Why what looks like serving may be the last word of a node that is gone; null where it is not. */
function staleness(facts: Facts): string | null {
  const { timeline, isAsked, last, window } = facts;
  if (isAsked) return null;
  const lost = last
    .filter((incarnation) => isServing(facts, incarnation))
    .flatMap((incarnation) => valueAt(incarnation.states, window.untilMs)?.node ?? [])
    .find((node) => isTaken(timeline, node, window.untilMs));
  return lost === undefined
    ? null
    : `${lost} was taken away and nobody asked the guest: what the platform says of it is stale`;
}

/** What was done that may have silenced the guest with nobody to notice; null where there was nothing. */
function unseenHarm({ timeline, subject, window, isAsked, last }: Facts): string | null {
  if (isAsked) return null;
  const isProbed = last.every((incarnation) => incarnation.spec.readinessProbe !== undefined);
  const harm = actionsOn(timeline, subject, window).find((action) => {
    const { unseen, reach } = kindOf(action);
    // The kubelet is gone with its node, and its probes with it.
    return unseen && (reach === "node" || !isProbed);
  });
  return harm === undefined
    ? null
    : `nobody asked the guest, and no probe speaks for it, whether "${harm.name}" silenced it`;
}

/** When a subject that does not serve at an instant last ceased to; null where it serves, or never did. */
export function downSince(subject: SubjectTimeline, ms: number): number | null {
  const isAsked = subject.incarnations.some((incarnation) => incarnation.answers.length > 0);
  const switches = subject.incarnations.map((incarnation) => servingSwitches(incarnation, isAsked));
  const need = subject.kind === "VirtualMachineInstanceReplicaSet" ? replicasAt(subject, ms) : 1;
  return isWhole(switches, need, ms) ? null : lastBreak(switches, need, ms);
}

function replicasAt(subject: SubjectTimeline, ms: number): number {
  const set = valueAt(subject.set, ms);
  return set === undefined || !set.exists || set.deleting ? 0 : set.replicas;
}

function partsAt(subject: SubjectTimeline, ms: number): Incarnation[] {
  if (subject.kind === "VirtualMachineInstanceReplicaSet") return membersAt(subject, ms);
  const incarnation = incarnationAt(subject, ms);
  return incarnation === undefined ? [] : [incarnation];
}

function identityOf(subject: SubjectTimeline, parts: Incarnation[], ms: number): Identity {
  const [part] = parts;
  const isOne = part !== undefined && subject.kind !== "VirtualMachineInstanceReplicaSet";
  const isThere = valueAt(part?.states ?? [], ms)?.exists === true;
  return isOne && isThere ? identityAt(part, ms) : { vmiUid: null, node: null, bootId: null };
}

function isServing({ subject, switches }: Facts, incarnation: Incarnation): boolean {
  return isServingNow(subject, switches, incarnation);
}

function isServingNow(subject: SubjectTimeline, switches: Switch[][], incarnation: Incarnation): boolean {
  return isWhole([switches[subject.incarnations.indexOf(incarnation)] ?? []], 1, Infinity);
}

/** Whether a VMI changed its node after an instant. */
function hasMoved({ states }: Incarnation, afterMs: number): boolean {
  return states.some(({ atMs, value }, index) => {
    const previous = states[index - 1]?.value.node ?? null;
    return atMs > afterMs && previous !== null && value.node !== previous;
  });
}

function hasRebooted({ answers }: Incarnation, afterMs: number): boolean {
  const boots = answers.filter((answer) => answer.ok);
  return boots.some(({ atMs, bootId }, index) => {
    const previous = boots[index - 1];
    return atMs > afterMs && previous !== undefined && bootId !== previous.bootId;
  });
}

/** The final phase of the last VMI, whenever it reached it; null where it had none. */
export function finalPhase(subject: SubjectTimeline): string | null {
  const phase = subject.incarnations.at(-1)?.states.at(-1)?.value.phase;
  return phase === "Succeeded" || phase === "Failed" ? phase : null;
}

function named({ name, uid }: Incarnation): string {
  return `VMI ${name} (uid ${uid.slice(0, 8)})`;
}

/** The nodes that a VMI was on since the window began, in order. */
function movedTo({ name, states }: Incarnation, { fromMs }: Window): string {
  const since = states.filter((_, index) => (states[index + 1]?.atMs ?? Infinity) > fromMs);
  const nodes = since.flatMap(({ value }) => value.node ?? []).filter((node, index, all) => node !== all[index - 1]);
  return `${name} went from ${nodes.join(" to ")}`;
}
