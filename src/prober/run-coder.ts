import type { Answer, Run } from "./protocol.ts";

/** A question that was put, until it is told. */
interface Question {
  askedMs: number;
  end: { answer: Answer; atMs: number } | null;
}

/** How many answers of late say how long one takes. */
const latencies = 20;

/**
 * The answers of one target, run-length coded: what it answered is told when it differs from what it answered to the
 * question before. Questions overlap and end in any order; they are told in the order in which they were put.
 */
export class RunCoder {
  readonly #id: string;
  readonly #tell: (run: Run) => void;
  readonly #open: Question[] = [];
  #last: { answer: Answer; askedMs: number } | null = null;
  /** How long its last good answers took, in milliseconds. */
  #tookMs: number[] = [];

  constructor(id: string, tell: (run: Run) => void) {
    this.#id = id;
    this.#tell = tell;
  }

  /** Since when questions are open; null where none is. */
  get openSinceMs(): number | null {
    return this.#open[0]?.askedMs ?? null;
  }

  /** A question is put; the function returned takes its answer and when that was known. */
  ask(askedMs: number): (answer: Answer, atMs: number) => void {
    const question: Question = { askedMs, end: null };
    this.#open.push(question);
    return (answer, atMs) => {
      question.end = { answer, atMs };
      for (let end; (end = this.#open[0]?.end);) this.#settle(this.#open.shift()!.askedMs, end);
    };
  }

  #settle(askedMs: number, { answer, atMs }: NonNullable<Question["end"]>): void {
    if (this.#last === null || !isSame(this.#last.answer, answer)) {
      this.#tell({
        id: this.#id,
        ...answer,
        askedMs,
        knownMs: answer.ok ? atMs : this.#silentBy(askedMs, atMs),
        lastOfPreviousMs: this.#last?.askedMs ?? null,
      });
    }
    this.#last = { answer, askedMs };
    if (answer.ok) this.#tookMs = [...this.#tookMs, atMs - askedMs].slice(-latencies);
  }

  /**
   * By when it had fallen silent. A question is given up late; had it still answered as it did of late, it would have
   * been heard as soon.
   */
  #silentBy(askedMs: number, givenUpMs: number): number {
    return this.#tookMs.length === 0 ? givenUpMs : Math.min(givenUpMs, askedMs + Math.max(...this.#tookMs));
  }
}

function isSame(one: Answer, other: Answer): boolean {
  return one.ok === other.ok && one.bootId === other.bootId && one.marker === other.marker;
}
