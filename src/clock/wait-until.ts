import type { Clock } from "./clock.ts";
import { DeadlineError } from "./deadline.ts";

/** The state that was found in place of the awaited one; completes the sentence "last seen: …". */
export class NotYet {
  readonly seen: string;

  constructor(seen: string) {
    this.seen = seen;
  }
}

export function notYet(seen: string): NotYet {
  return new NotYet(seen);
}

/** What is waited for, how, and for how long. */
export interface Wait<T> {
  /** Completes the sentence "waited 10 s for …". */
  what: string;
  limitMs: number;
  /** Time between two looks, in milliseconds; 250 if not given, and none but `wake`'s where that is given. */
  everyMs?: number;
  signal?: AbortSignal;
  /** Registers a callback for when it is worth looking again; returns how to unregister it. */
  wake?: (again: () => void) => () => void;
  /** The awaited value, or what is there instead. */
  look(): T | NotYet | Promise<T | NotYet>;
}

const defaultEveryMs = 250;

/**
 * Looks until the awaited value is there; always once at the limit. Throws `DeadlineError` at the limit,
 * the signal's reason when aborted, and whatever a look throws.
 */
export async function waitUntil<T>(clock: Clock, wait: Wait<T>): Promise<T> {
  const end = clock.now() + wait.limitMs;
  const everyMs = wait.everyMs ?? (wait.wake === undefined ? defaultEveryMs : wait.limitMs);
  const bell = new Bell();
  const unregister = wait.wake?.(() => bell.ring());
  try {
    for (;;) {
      wait.signal?.throwIfAborted();
      bell.reset();
      const found = await wait.look();
      if (!(found instanceof NotYet)) return found;
      const leftMs = end - clock.now();
      if (leftMs <= 0) throw new DeadlineError(wait.what, wait.limitMs, found.seen);
      await bell.sleep(clock, Math.min(leftMs, everyMs), wait.signal);
    }
  } finally {
    unregister?.();
  }
}

/** A sleep that can be cut short; a ring before the sleep counts. */
class Bell {
  #rung = false;
  #waken: (() => void) | null = null;

  ring(): void {
    this.#rung = true;
    this.#waken?.();
  }

  reset(): void {
    this.#rung = false;
  }

  async sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#rung) return;
    const control = new AbortController();
    const stop = (): void => control.abort(signal?.reason);
    this.#waken = () => control.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      await clock.sleep(ms, control.signal);
    } catch (error) {
      if (!this.#rung) throw error;
    } finally {
      this.#waken = null;
      signal?.removeEventListener("abort", stop);
    }
  }
}
