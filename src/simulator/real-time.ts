import { setTimeout as sleep } from "node:timers/promises";
import type { EventClock } from "./event-clock.ts";

/** How late an event may come, in milliseconds of real time. */
const tickMs = 10;
/** Longest stretch of events without a look at sockets and signals, in milliseconds of real time. */
const breathMs = 20;
/** Events between two looks at the real clock. */
const eventsPerLook = 64;

/**
 * Drives the model's time along with the machine's, `speed` times as fast, until the signal aborts. A model that
 * is asked for more than the machine can do falls behind. Rejects with what an event of the model throws.
 */
export async function runInRealTime(clock: EventClock, speed: number, signal: AbortSignal): Promise<void> {
  const from = clock.now();
  const began = performance.now();
  while (!signal.aborted) {
    advance(clock, from + (performance.now() - began) * speed);
    await sleep(tickMs);
  }
}

function advance(clock: EventClock, until: number): void {
  const began = performance.now();
  for (let count = 1; (clock.nextAt() ?? Infinity) <= until; count++) {
    clock.step();
    if (count % eventsPerLook === 0 && performance.now() - began > breathMs) return;
  }
  clock.advanceTo(until);
}
