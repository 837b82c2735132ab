import type { Clock, Timer } from "../../clock/clock.ts";
import { sleepWith } from "../../clock/sleep.ts";
import type { EventClock } from "../../simulator/event-clock.ts";

/** Longest stretch without letting the process breathe (signals, terminal), in milliseconds of real time. */
const breathMs = 20;
/** Events between two looks at the real clock. */
const eventsPerLook = 64;

/**
 * The model's time as the harness waits in it. It moves only while somebody waits, in `sleep` or for the answer to
 * a request, straight to the next event; and each time anything reached the harness, only after the harness has
 * done all it had to do about it.
 */
export class VirtualClock implements Clock {
  readonly #events: EventClock;
  /** How to fail each wait under way. */
  readonly #waits = new Set<(error: unknown) => void>();
  #requests = 0;
  #noticed = false;
  #driving = false;

  constructor(events: EventClock) {
    this.#events = events;
  }

  now(): number {
    return this.#events.now();
  }

  wall(): Date {
    return this.#events.wall();
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return this.#hold(sleepWith(this.after, ms, signal));
  }

  readonly after = (ms: number, run: () => void): Timer =>
    this.#events.schedule(ms, () => {
      this.notice();
      run();
    });

  /** Waits for the answer to a request, which may need time to pass. */
  async answer<T>(work: Promise<T>): Promise<T> {
    this.#requests++;
    try {
      return await this.#hold(work);
    } finally {
      this.#requests--;
    }
  }

  /** Something reaches the harness: time stands still until it is dealt with. */
  notice(): void {
    this.#noticed = true;
  }

  #hold<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waits.add(reject);
      const settled = (): boolean => this.#waits.delete(reject);
      work.finally(settled).then(resolve, reject);
      if (!this.#driving) void this.#drive();
    });
  }

  async #drive(): Promise<void> {
    this.#driving = true;
    try {
      for (await turn(); this.#waits.size > 0; await turn()) this.#advance();
    } catch (error) {
      for (const fail of this.#waits) fail(error);
      this.#waits.clear();
    } finally {
      this.#driving = false;
    }
  }

  /** Runs events until one is noticed; with a request under way each may be its answer. */
  #advance(): void {
    const began = performance.now();
    this.#noticed = false;
    for (let count = 1; !this.#noticed; count++) {
      if (!this.#events.step())
        throw new Error("nothing is scheduled on the simulated cluster that could end the wait");
      if (this.#requests > 0) return;
      if (count % eventsPerLook === 0 && performance.now() - began > breathMs) return;
    }
  }
}

/** All promises that can settle without time passing have settled after it. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
