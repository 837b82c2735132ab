import type { UndoStep } from "./undo-step.ts";

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
