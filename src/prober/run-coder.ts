import type { Answer, Run } from "./protocol.ts";

/** A question that was put, until it is told. */
interface Question {
  askedMs: number;
  end: End | null;
}

interface End {
  answer: Answer;
  atMs: number;
}

/** How many answers of late say how long one takes. */
const latencies = 20;

/** An answer that takes no longer than this is no late one, in milliseconds. */
const promptMs = 150;

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

  #settle(askedMs: number, { answer, atMs }: End): void {
    if (this.#last === null || !isSame(this.#last.answer, answer)) {
      this.#tell({ id: this.#id, ...answer, askedMs, ...this.#turn(askedMs, answer, atMs) });
    }
    this.#last = { answer, askedMs };
    if (answer.ok) this.#tookMs = [...this.#tookMs, atMs - askedMs].slice(-latencies);
  }

  /** Between what instants it changed. */
  #turn(askedMs: number, answer: Answer, atMs: number): Pick<Run, "knownMs" | "lastOfPreviousMs"> {
    const lastOfPreviousMs = this.#last?.askedMs ?? null;
    if (!answer.ok) return { knownMs: this.#silentBy(askedMs, atMs), lastOfPreviousMs };
    if (this.#last?.answer.ok !== false) return { knownMs: atMs, lastOfPreviousMs };
    // One that thaws answers all at once what it was asked while it was frozen: who had to wait longer than usual asked
    // one that was silent still, and who asked last may be answered first.
    const knownMs = Math.min(atMs, ...this.#open.flatMap(({ end }) => (end?.answer.ok === true ? end.atMs : [])));
    const usualMs = Math.max(promptMs, ...this.#tookMs);
    const late = [askedMs, ...this.#open.map((question) => question.askedMs)].filter((ms) => knownMs - ms > usualMs);
    return { knownMs, lastOfPreviousMs: Math.max(this.#last.askedMs, ...late) };
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
