/** How long a work queue waits before it tries a failing key again: 5 ms, doubled each time (client-go's rate limiter). */
export class Retries {
  readonly #failures = new Map<string, number>();

  /** Milliseconds until the next try, counting one more failure. */
  next(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.min(5 * 2 ** failures, 1_000_000);
  }

  /** It worked. */
  forget(key: string): void {
    this.#failures.delete(key);
  }
}
