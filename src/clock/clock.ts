/**
 * All waiting in the harness goes through a `Clock`, so that an experiment runs
 * unchanged in real time on a real cluster and in virtual time on the simulated one.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock; zero is when the clock was made. */
  now(): number;
  /** The calendar time that belongs to `now()`; virtual on the simulated cluster. */
  wall(): Date;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason when aborted first.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * Calls `run` after `ms` milliseconds unless cancelled. For deadlines and for what goes on behind the
   * driver's back: unlike a sleeper, it does not make virtual time move.
   */
  after(ms: number, run: () => void): Timer;
}

/** A call that is to come; `cancel` is idempotent. */
export interface Timer {
  cancel(): void;
}
