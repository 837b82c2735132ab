import type { Interval } from "./recovery.ts";
import type { Switch } from "./serving.ts";

/**
 * Where the last unbroken stretch begins in which at least `need` of several are on, if it lasts to the end;
 * between the last observation that they were not and the first that they were.
 */
export function lastStretch(members: Switch[][], need: number): Interval | null {
  const startMs = turns(members, need).findLast((turn) => turn.whole)?.atMs;
  if (startMs === undefined || !isWhole(members, need, Infinity)) return null;
  const lows = members
    .map((switches) => switches.findLast((each) => each.highMs <= startMs))
    .filter((each) => each?.on === true)
    .map((each) => each?.lowMs ?? -Infinity)
    .toSorted((one, other) => one - other);
  return { low: lows[need - 1] ?? -Infinity, high: startMs };
}

/** When, by an instant, they last ceased to be `need` at once; null if they never did. */
export function lastBreak(members: Switch[][], need: number, ms: number): number | null {
  return turns(members, need).findLast((turn) => !turn.whole && turn.atMs <= ms)?.atMs ?? null;
}

/** Whether at least `need` were on at an instant, as seen by then. */
export function isWhole(members: Switch[][], need: number, ms: number): boolean {
  return members.filter((switches) => switches.findLast((each) => each.highMs <= ms)?.on === true).length >= need;
}

/** The instants at which it became whole, or ceased to be. */
function turns(members: Switch[][], need: number): { atMs: number; whole: boolean }[] {
  const switches = members.flat().toSorted((one, other) => one.highMs - other.highMs);
  const found: { atMs: number; whole: boolean }[] = [];
  let count = 0;
  for (const { on, highMs } of switches) {
    const before = count;
    count += on ? 1 : -1;
    if (before < need !== count < need) found.push({ atMs: highMs, whole: count >= need });
  }
  return found;
}
