/** One deliberate fault in the model, or in what is expected of it, and the experiments that must see it. */
export interface Mutation {
  what: string;
  file: string;
  find: string;
  replace: string;
  /** `--grep` of the run that must turn red. */
  grep: string;
  /** What makes the run invalid, where it cannot even begin. */
  reason?: string;
}
