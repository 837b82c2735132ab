import type { Action } from "../observe/actions.ts";
import type { SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { kindOf, refusalText, wasRefused } from "./action-kinds.ts";
import { bitesOf, concerns, isTaken } from "./aim.ts";
import type { Interval } from "./recovery.ts";
import { signsAfter } from "./signs.ts";
import type { Window } from "./window.ts";

/** When a disturbance took effect on a subject, and what shows it; milliseconds of the journal. */
export interface Bite {
  fromMs: number;
  toMs: number;
  evidence: string;
  /** It was asked for and refused, which is all that it did. */
  refused?: true;
}

/** The call that disturbed, and the bite that was seen of it. */
export interface Disturbance {
  injected: { fromMs: number; toMs: number };
  bite: Bite | null;
}

/**
 * What disturbed a subject: as it was proved by whoever injected it or, where nobody wrote that down, the first
 * disturbance in the window that concerns it; for one that was down before, what came before that. It bit within
 * the call; the first sign of it narrows that.
 *
 * @param downSinceMs when it last ceased to serve, if it did not serve as the window began.
 */
export function findDisturbance(
  timeline: Timeline,
  subject: SubjectTimeline,
  window: Window,
  downSinceMs: number | null,
): Disturbance | null {
  const disturbances = timeline.actions.filter(
    (action) => kindOf(action).effect === "disturbance" && concerns(timeline, action, subject),
  );
  const [proved] = bitesOf(timeline, subject);
  const action =
    disturbances.find((each) => each.fromMs >= window.fromMs || (each.toMs ?? Infinity) > window.fromMs) ??
    disturbances.findLast((each) => downSinceMs !== null && each.fromMs <= downSinceMs) ??
    // Its node may be gone already, and nobody have noticed yet.
    disturbances.findLast(({ entry: { node } }) => node !== undefined && isTaken(timeline, node, window.fromMs));
  if (proved !== undefined) {
    const [fromMs, toMs] = [proved.from, proved.to].map((seconds) => Math.round(seconds * 1000)) as [number, number];
    const hit = { ...subject, incarnations: subject.incarnations.filter(({ uid }) => uid === proved.vmiUid) };
    const bite = { fromMs: notBefore(hit, { low: fromMs, high: toMs }), toMs, evidence: proved.evidence };
    const call = disturbances.find((each) => each.name === "inject");
    return { injected: call === undefined ? bite : spanOf(call, window), bite };
  }
  return action === undefined ? null : { injected: spanOf(action, window), bite: biteOf(action, subject) };
}

function spanOf({ fromMs, toMs }: Action, { untilMs }: Window): Disturbance["injected"] {
  return { fromMs: Math.round(fromMs), toMs: Math.round(toMs ?? untilMs) };
}

function biteOf(action: Action, subject: SubjectTimeline): Bite | null {
  if (wasRefused(action)) {
    const evidence = refusalText(action);
    const [fromMs, toMs] = [action.fromMs, action.toMs ?? action.fromMs].map(Math.round) as [number, number];
    return { fromMs, toMs, evidence, refused: true };
  }
  const sign = signsAfter(subject, action.fromMs)[0];
  const toMs = Math.min(action.toMs ?? Infinity, sign?.atMs ?? Infinity);
  if (toMs === Infinity) return null;
  const fromMs = notBefore(subject, { low: action.fromMs, high: toMs });
  return { fromMs: Math.round(fromMs), toMs: Math.round(toMs), evidence: sign?.text ?? `"${action.name}" was done` };
}

/** Whose guest answered after the call began was not hit before; the platform may take its time to notice. */
function notBefore(subject: SubjectTimeline, { low, high }: Interval): number {
  const [sign] = signsAfter(subject, low);
  const isNarrower = sign?.noticedBy === "prober" && sign.within.low > low && sign.within.low <= high;
  return isNarrower ? Math.round(sign.within.low) : low;
}

/** When acts that take a disturbance back, or make up for it, were done after it bit; by their beginning. */
export function reliefsAfter(timeline: Timeline, subject: SubjectTimeline, bite: Bite): Interval[] {
  return timeline.actions
    .filter((action) => kindOf(action).effect === "relief" && action.fromMs >= bite.toMs)
    .filter((action) => concernsOrDid(timeline, action, subject))
    .map((action) => ({ low: action.fromMs, high: action.toMs ?? action.fromMs }));
}

/** A node that comes back concerns whom it had, also when the VM is elsewhere by then. */
function concernsOrDid(timeline: Timeline, action: Action, subject: SubjectTimeline): boolean {
  const { node } = action.entry;
  const wasThere = subject.incarnations.some(({ states }) => states.some(({ value }) => value.node === node));
  return wasThere || concerns(timeline, action, subject);
}
