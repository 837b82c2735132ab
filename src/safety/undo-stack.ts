import type { Clock } from "../clock/clock.ts";
import { withDeadline } from "../clock/deadline.ts";
import { messageOf } from "../errors.ts";

/** What one step of undoing may take, in milliseconds; its own budget, whatever the run has used up. */
const budgetMs = 120_000;

/**
 * What would put things back, registered before they are touched and done in reverse order. Every step is tried,
 * also after another failed; each must be idempotent.
 */
export class UndoStack {
  readonly #clock: Clock;
  readonly #steps: { what: string; undo: (signal: AbortSignal) => Promise<void> }[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Registers a step; call it before doing what it undoes. */
  push(what: string, undo: (signal: AbortSignal) => Promise<void>): void {
    this.#steps.push({ what, undo });
  }

  /** Undoes everything that is registered; returns a sentence for each step that failed. */
  async unwind(): Promise<string[]> {
    const failures: string[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await withDeadline(this.#clock, budgetMs, step.undo, `undoing ${step.what}`);
      } catch (error) {
        failures.push(`${step.what}: ${messageOf(error)}`);
      }
    }
    return failures;
  }
}
