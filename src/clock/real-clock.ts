import type { Clock, Timer } from "./clock.ts";
import { sleepWith } from "./sleep.ts";

/** The machine's monotonic clock. */
export function realClock(): Clock {
  const origin = performance.now();
  const after = (ms: number, run: () => void): Timer => {
    // An instant that has just passed is due at once; Node would warn of it.
    const timer = setTimeout(run, Math.max(0, ms));
    return { cancel: () => clearTimeout(timer) };
  };
  return {
    now: () => performance.now() - origin,
    wall: () => new Date(),
    sleep: (ms, signal) => sleepWith(after, ms, signal),
    after,
  };
}
