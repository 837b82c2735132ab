import { z } from "zod";
import { undoStep, type UndoStep } from "./undo-step.ts";

/** A step that was registered, by the number that it has in its journal. */
export interface Registered {
  id: number;
  step: UndoStep;
}

/**
 * Where undo steps are written down before the things that they put back are touched, so that they outlive the
 * process. A promise that resolves means that the words are where the next process finds them.
 */
export interface UndoJournal {
  /** The run that registers: the value of `runLabel` on all that it makes. */
  readonly run: string;
  register(registered: Registered): Promise<void>;
  markDone(id: number): Promise<void>;
}

/** By this label, with the run's id, everything that a run makes in a cluster is known as its own. */
export const runLabel = "rebound.dev/run";

/** For a cluster that ends with the process: there is nothing to come back to. */
export function memoryJournal(run = "simulated"): UndoJournal {
  return { run, register: () => Promise.resolve(), markDone: () => Promise.resolve() };
}

/** Writes into all of them, in their order. */
export function allOf(first: UndoJournal, ...others: UndoJournal[]): UndoJournal {
  const journals = [first, ...others];
  return {
    run: first.run,
    async register(registered) {
      for (const journal of journals) await journal.register(registered);
    },
    async markDone(id) {
      for (const journal of journals) await journal.markDone(id);
    },
  };
}

/** A line of an undo journal that is kept as text. */
export const undoLine = z.union([z.object({ register: z.int(), step: undoStep }), z.object({ done: z.int() })]);
export type UndoLine = z.infer<typeof undoLine>;

/** What is registered in such lines and was not done, in their order; a later run counts from one again. */
export function outstandingOf(lines: UndoLine[]): Registered[] {
  const outstanding = new Map<number, Registered>();
  for (const line of lines) {
    if ("done" in line) outstanding.delete(line.done);
    else outstanding.set(line.register, { id: line.register, step: line.step });
  }
  return [...outstanding.values()];
}
