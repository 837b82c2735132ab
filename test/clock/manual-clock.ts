import type { Clock, Timer } from "../../src/clock/clock.ts";
import { sleepWith } from "../../src/clock/sleep.ts";

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  #now = 0;
  #order = 0;
  #timers: { at: number; order: number; run: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  wall(): Date {
    return new Date(Date.UTC(2026, 0, 1) + this.#now);
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return sleepWith(this.after, ms, signal);
  }

  readonly after = (ms: number, run: () => void): Timer => {
    const timer = { at: this.#now + ms, order: this.#order++, run };
    this.#timers.push(timer);
    return { cancel: () => (this.#timers = this.#timers.filter((other) => other !== timer)) };
  };

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.length;
  }

  /** Moves on by `ms`, timer by timer, each followed by what it set off. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await settled();
      const due = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (due === undefined) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = end;
    await settled();
  }
}

/** All promises that can settle without time or input have settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
