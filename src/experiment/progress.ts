/** Where an experiment stands; each report replaces the one before. */
export interface Progress {
  experiment: string;
  /** `deploy`, `steady-state`, `inject`, `observe`, `return`, `undo`, `done`. */
  stage: string;
  /** Milliseconds of the experiment's clock, now. */
  atMs: number;
  /** When the stage will be over at the latest, on the same clock; null where that is not known. */
  untilMs: number | null;
}

export type OnProgress = (progress: Progress) => void;
