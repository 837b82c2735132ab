import { withDeadline } from "../clock/deadline.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../errors.ts";
import { putBack, type FindFault } from "./put-back.ts";
import type { Registered, UndoJournal } from "./undo-journal.ts";
import { budgetMs, titleOf, type UndoStep } from "./undo-step.ts";

/**
 * What would put things back, registered before they are touched and done in reverse order. Every step is tried,
 * also after another failed; one that failed stays registered.
 */
export class UndoStack {
  readonly #cluster: Cluster;
  readonly #journal: UndoJournal;
  readonly #findFault: FindFault;
  #steps: Registered[];
  #nextId: number;

  /** @param outstanding what an earlier process registered in the journal and did not do */
  constructor(cluster: Cluster, journal: UndoJournal, findFault: FindFault, outstanding: Registered[] = []) {
    this.#cluster = cluster;
    this.#journal = journal;
    this.#findFault = findFault;
    this.#steps = [...outstanding];
    this.#nextId = Math.max(0, ...outstanding.map(({ id }) => id)) + 1;
  }

  /** The run on whose behalf it is all done: see `runLabel`. */
  get run(): string {
    return this.#journal.run;
  }

  /** How many steps are registered; `unwind` takes it as the depth to stop at. */
  get depth(): number {
    return this.#steps.length;
  }

  /** Registers a step; do what it undoes once this has resolved. */
  async push(step: UndoStep): Promise<void> {
    const registered = { id: this.#nextId++, step };
    await this.#journal.register(registered);
    this.#steps.push(registered);
  }

  /**
   * Undoes what is registered above a depth; returns a sentence for each step that failed.
   *
   * @param onStep told of each step, and why it failed if it did
   */
  async unwind(depth = 0, onStep: (what: string, failure: string | null) => void = () => {}): Promise<string[]> {
    const { clock } = this.#cluster;
    const failures: string[] = [];
    for (const registered of this.#steps.slice(depth).reverse()) {
      const { id, step } = registered;
      const what = titleOf(step);
      try {
        const act = (signal: AbortSignal) => putBack(step, this.#cluster, this.run, this.#findFault, signal);
        await withDeadline(clock, budgetMs(step), act, `${what} to be undone`);
        await this.#journal.markDone(id);
        this.#steps = this.#steps.filter((each) => each !== registered);
        onStep(what, null);
      } catch (error) {
        onStep(what, messageOf(error));
        failures.push(`${what}: ${messageOf(error)}`);
      }
    }
    return failures;
  }
}
