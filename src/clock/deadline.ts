import { EnvironmentError } from "../errors.ts";
import type { Clock } from "./clock.ts";

/** A wait that came to its limit. The message names what was waited for, how long, and what was seen last. */
export class DeadlineError extends EnvironmentError {
  override name = "DeadlineError";
  readonly what: string;
  readonly waitedMs: number;
  readonly lastSeen: string | null;

  constructor(what: string, waitedMs: number, lastSeen: string | null = null) {
    super(`waited ${inSeconds(waitedMs)} for ${what}` + (lastSeen === null ? "" : `; last seen: ${lastSeen}`));
    this.what = what;
    this.waitedMs = waitedMs;
    this.lastSeen = lastSeen;
  }
}

function inSeconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}

/**
 * Does `work`, for `ms` milliseconds of the clock at most; then its signal is aborted and the deadline's error is
 * thrown, whether or not the work obeys. `what` completes the sentence "waited 10 s for …".
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: (signal: AbortSignal) => Promise<T>,
  what: string,
  signal?: AbortSignal,
): Promise<T> {
  signal?.throwIfAborted();
  const control = new AbortController();
  const follow = (): void => control.abort(signal!.reason);
  const timer = clock.after(ms, () => control.abort(new DeadlineError(what, ms)));
  signal?.addEventListener("abort", follow, { once: true });
  try {
    return await Promise.race([work(control.signal), abortion(control.signal)]);
  } finally {
    timer.cancel();
    signal?.removeEventListener("abort", follow);
  }
}

/** Rejects with the signal's reason once it is aborted. */
export function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  });
}
