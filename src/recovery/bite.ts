import type { Action } from "../observe/actions.ts";
import type { SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { kindOf, wasRefused } from "./action-kinds.ts";
import { concerns } from "./aim.ts";
import type { Interval } from "./recovery.ts";
import { signsAfter } from "./signs.ts";
import type { Window } from "./window.ts";

/** When a disturbance took effect on a subject, and what shows it; milliseconds of the journal. */
export interface Bite {
  fromMs: number;
  toMs: number;
  evidence: string;
}

/** The call that disturbed, and the bite that was seen of it. */
export interface Disturbance {
  injected: { fromMs: number; toMs: number };
  bite: Bite | null;
}

/**
 * What disturbed a subject, where no plan says it: the first disturbance in the window that concerns it, or else
 * the last before. It bit within the call; the first sign of it narrows that.
 */
export function findDisturbance(timeline: Timeline, subject: SubjectTimeline, window: Window): Disturbance | null {
  const disturbances = timeline.actions.filter(
    (action) => kindOf(action).effect === "disturbance" && concerns(action, subject),
  );
  const action =
    disturbances.find(({ fromMs, toMs }) => fromMs >= window.fromMs || (toMs ?? Infinity) > window.fromMs) ??
    disturbances.at(-1);
  if (action === undefined) return null;
  const injected = { fromMs: Math.round(action.fromMs), toMs: Math.round(action.toMs ?? window.untilMs) };
  return { injected, bite: biteOf(action, subject) };
}

function biteOf(action: Action, subject: SubjectTimeline): Bite | null {
  if (wasRefused(action)) {
    const evidence = `"${action.name}" was refused: ${action.result ?? ""}`;
    return { fromMs: Math.round(action.fromMs), toMs: Math.round(action.toMs ?? action.fromMs), evidence };
  }
  const sign = signsAfter(subject, action.fromMs)[0];
  const toMs = Math.min(action.toMs ?? Infinity, sign?.atMs ?? Infinity);
  if (toMs === Infinity) return null;
  // A guest that answered, or an object seen as it was, after the call began was not hit before.
  const isWithin = sign !== undefined && sign.atMs <= toMs;
  const fromMs = isWithin ? Math.max(action.fromMs, Math.min(sign.within.low, toMs)) : action.fromMs;
  return { fromMs: Math.round(fromMs), toMs: Math.round(toMs), evidence: sign?.text ?? `"${action.name}" was done` };
}

/** When acts that take a disturbance back, or make up for it, were done after it bit; by their beginning. */
export function reliefsAfter(timeline: Timeline, subject: SubjectTimeline, bite: Bite): Interval[] {
  return timeline.actions
    .filter((action) => kindOf(action).effect === "relief" && action.fromMs >= bite.toMs)
    .filter((action) => concernsOrDid(action, subject))
    .map((action) => ({ low: action.fromMs, high: action.toMs ?? action.fromMs }));
}

/** A node that comes back concerns whom it had, also when the VM is elsewhere by then. */
function concernsOrDid(action: Action, subject: SubjectTimeline): boolean {
  const { node } = action.entry;
  const wasThere = subject.incarnations.some(({ states }) => states.some(({ value }) => value.node === node));
  return wasThere || concerns(action, subject);
}
