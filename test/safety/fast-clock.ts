import type { Clock } from "../../src/clock/clock.ts";
import { realClock } from "../../src/clock/real-clock.ts";

/** Goes along with a cluster that has been served since then, and whose time is that much faster than the machine's. */
export function fastClock(speed: number, servedMs = Date.now()): Clock {
  const real = realClock();
  return {
    now: () => real.now() * speed,
    wall: () => new Date(servedMs + (Date.now() - servedMs) * speed),
    sleep: (ms, signal) => real.sleep(ms / speed, signal),
    after: (ms, run) => real.after(ms / speed, run),
  };
}
