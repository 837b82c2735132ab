/** What kept a controller from doing its work; shown as a condition with this reason, and tried again. */
export class SyncError extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
