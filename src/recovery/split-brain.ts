import type { Answer, Incarnation, SubjectTimeline } from "../observe/timeline.ts";
import type { Interval } from "./recovery.ts";
import type { Window } from "./window.ts";

/**
 * When two guests of one VM were seen alive at once, in a window: the guest of an older VMI answered, as the boot that it
 * was before, after the guest of a newer one had answered; null where that was not seen. Whatever both write to is
 * damaged. It may have been so for longer: a guest that nobody reaches says nothing. The members of a
 * replica set are no copies of one another.
 */
export function splitBrainOf(subject: SubjectTimeline, { fromMs, untilMs }: Window): Interval | null {
  if (subject.kind === "VirtualMachineInstanceReplicaSet") return null;
  const seen = subject.incarnations
    .flatMap((older, index) => subject.incarnations.slice(index + 1).flatMap((newer) => bothAlive(older, newer)))
    .filter(({ low, high }) => high > fromMs && low <= untilMs);
  if (seen.length === 0) return null;
  return {
    low: Math.round(Math.max(fromMs, Math.min(...seen.map(({ low }) => low)))),
    high: Math.round(Math.min(untilMs, Math.max(...seen.map(({ high }) => high)))),
  };
}

function bothAlive(older: Incarnation, newer: Incarnation): Interval[] {
  const createdMs = newer.states[0]?.atMs ?? Infinity;
  const sinceMs = newer.answers.find(({ ok }) => ok)?.atMs ?? Infinity;
  // An address is given to another in time; a boot id is not.
  const boots = new Set(older.answers.filter(({ ok, atMs }) => ok && atMs < createdMs).map(({ bootId }) => bootId));
  return answeringStretches(older.answers.filter(({ ok, bootId }) => !ok || boots.has(bootId)))
    .filter(({ high }) => high > sinceMs)
    .map(({ low, high }) => ({ low: Math.max(low, sinceMs), high }));
}

/** From the first answer of a row to the last question that was answered. */
function answeringStretches(answers: Answer[]): Interval[] {
  const stretches: Interval[] = [];
  let open: Interval | null = null;
  for (const { ok, atMs, lastOfPreviousMs } of answers) {
    if (open !== null) open.high = Math.max(open.high, ok ? atMs : (lastOfPreviousMs ?? open.high));
    else if (ok) stretches.push((open = { low: atMs, high: atMs }));
    if (!ok) open = null;
  }
  return stretches;
}
