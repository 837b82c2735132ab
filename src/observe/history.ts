/** A value that something took, as it was observed. Times are milliseconds of the journal. */
export interface Change<T> {
  /** When it was first seen so. */
  atMs: number;
  /** It cannot have been so before. */
  notBeforeMs: number;
  value: T;
}

/** What something was, in order of time; empty while it was not seen. */
export type History<T> = Change<T>[];

/** The value at an instant, if it was known by then. */
export function valueAt<T>(history: History<T>, ms: number): T | undefined {
  return history.findLast((change) => change.atMs <= ms)?.value;
}

/** The first change after an instant to a value that meets a condition, from one that did not. */
export function firstChange<T>(history: History<T>, afterMs: number, meets: (value: T) => boolean): Change<T> | null {
  const met = history.findIndex((change, index) => {
    const previous = history[index - 1];
    return change.atMs > afterMs && meets(change.value) && (previous === undefined || !meets(previous.value));
  });
  return history[met] ?? null;
}

/** Writes a history: equal values in a row are one change. */
export class HistoryWriter<T extends object> {
  readonly history: History<T> = [];
  #lastSeenMs = -Infinity;

  /**
   * @param notBeforeMs the value cannot have become so before; where that says nothing, it was another when it was
   *   last seen, as late as that sight may itself have been (`lagMs`).
   */
  add(atMs: number, value: T, notBeforeMs: number, lagMs: number): void {
    const last = this.history.at(-1);
    if (last === undefined || !isEqual(last.value, value)) {
      this.history.push({ atMs, notBeforeMs: Math.max(this.#lastSeenMs - lagMs, notBeforeMs), value });
    }
    this.#lastSeenMs = atMs;
  }
}

/** Compares the plain values of two flat objects. */
function isEqual<T extends object>(one: T, other: T): boolean {
  return (Object.keys(one) as (keyof T)[]).every((key) => one[key] === other[key]);
}
