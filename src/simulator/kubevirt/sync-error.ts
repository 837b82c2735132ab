/** What kept a controller from doing its work; shown as a condition with this reason. */
export class SyncError extends Error {
  readonly reason: string;
  /** Whether it is tried again by itself; otherwise what it waits for wakes the controller. */
  readonly retried: boolean;

  constructor(reason: string, message: string, { retried = true } = {}) {
    super(message);
    this.reason = reason;
    this.retried = retried;
  }
}
