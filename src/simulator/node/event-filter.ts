import type { EventClock } from "../event-clock.ts";

/** Events that a recorder writes about one object at once, and seconds until it may write one more (client-go, events_cache.go). */
const burst = 25;
const refillSeconds = 300;
/** Objects that a recorder remembers (maxLruCacheEntries). */
const remembered = 4096;

/**
 * Drops the events of a source that says too much of one object, as every recorder of client-go does: a launcher's
 * kubelet has used up its share within seconds of the start, on the images that its volumes need at each sync. It
 * lives as long as the process that has it. In the recordings warnings and normal events have a share each.
 */
export class EventFilter {
  readonly #clock: EventClock;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(clock: EventClock) {
    this.#clock = clock;
  }

  /** Whether one more may be written about that object now; if so, it is taken to be. */
  admits(type: "Normal" | "Warning", uid: string): boolean {
    const key = `${type} ${uid}`;
    const atMs = this.#clock.now();
    const before = this.#buckets.get(key) ?? { tokens: burst, atMs };
    const tokens = Math.min(burst, before.tokens + (atMs - before.atMs) / (refillSeconds * 1000));
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs });
    if (this.#buckets.size > remembered) this.#buckets.delete(this.#buckets.keys().next().value!);
    return tokens >= 1;
  }
}
