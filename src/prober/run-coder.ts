import { periodMs, type Answer, type Run } from "./protocol.ts";

/** Whoever has not answered for so long is silent, in milliseconds: three times as long as it lately took, within these. */
const patience = { least: 1_000, most: 4_000, times: 3 };

/** How many answers of late say how long it takes from one to the next. */
const kept = 100;

/** After the first answer, so long is waited for those that tell how promptly it answers, in milliseconds. */
const firstWordsMs = 1_000;

const silence: Answer = { ok: false, bootId: null, marker: null };

/** An answer, when it was asked for and when it came. */
interface Heard {
  answer: Answer;
  askedMs: number;
  atMs: number;
}

/**
 * The answers of one target, run-length coded: what is answered is told when it differs from what was answered before.
 * What counts is that answers come, not how long one takes: a machine that is busy answers late, one after the other,
 * and is not silent.
 */
export class RunCoder {
  readonly #id: string;
  readonly #tell: (run: Run) => void;
  /** What was told last. */
  #told: Answer | null = null;
  #lastHeard: Heard | null = null;
  /** The first answer after a silence, and the shortest time that any since has taken: about to be told. */
  #turning: { first: Heard; promptMs: number } | null = null;
  #firstAskedMs: number | null = null;
  /** The last question that shows the silence: it was refused. */
  #refusedMs = -Infinity;
  /** Times from one answer to the next, in milliseconds. */
  #gapsMs: number[] = [];

  constructor(id: string, tell: (run: Run) => void) {
    this.#id = id;
    this.#tell = tell;
  }

  /** Before that instant, whatever changed has been told. */
  toldUntilMs(now: number): number {
    if (this.#turning !== null) return this.#turning.first.askedMs;
    return this.#told?.ok === true ? this.#lastHeard!.askedMs : now;
  }

  asked(askedMs: number): void {
    this.#firstAskedMs ??= askedMs;
  }

  answered(answer: Answer, askedMs: number, atMs: number): void {
    const previous = this.#lastHeard;
    const heard = { answer, askedMs, atMs };
    this.#lastHeard = heard;
    if (this.#told?.ok !== true) {
      this.#turning ??= { first: heard, promptMs: Infinity };
      this.#turning.promptMs = Math.min(this.#turning.promptMs, atMs - askedMs);
      return;
    }
    this.#gapsMs = [...this.#gapsMs, atMs - previous!.atMs].slice(-kept);
    if (!isSame(this.#told, answer)) this.#turn(answer, askedMs, atMs, previous!.askedMs);
  }

  /** Somebody is there and serves nothing, or says that nobody is there. */
  refused(askedMs: number, atMs: number): void {
    if (this.#turning !== null || askedMs < (this.#lastHeard?.askedMs ?? -Infinity)) return;
    this.#refusedMs = askedMs;
    if (this.#told?.ok !== false) this.#turn(silence, askedMs, atMs, this.#lastHeard?.askedMs ?? null);
  }

  /** Time goes on. */
  tick(now: number): void {
    if (this.#turning !== null) {
      if (now - this.#turning.first.atMs >= firstWordsMs) this.#tellReturn(this.#turning.first, this.#turning.promptMs);
      return;
    }
    if (this.#told?.ok === false || this.#firstAskedMs === null) return;
    const usualMs = Math.max(periodMs, ...this.#gapsMs);
    const patienceMs = Math.min(patience.most, Math.max(patience.least, patience.times * usualMs));
    if (now - (this.#lastHeard?.atMs ?? this.#firstAskedMs) <= patienceMs) return;
    if (this.#lastHeard === null) return this.#turn(silence, this.#firstAskedMs, now, null);
    // Had it gone on as it did of late, it would have been heard again by then.
    const { askedMs, atMs } = this.#lastHeard;
    const knownMs = Math.min(now, Math.max(askedMs + periodMs, atMs + usualMs));
    this.#turn(silence, askedMs + periodMs, knownMs, askedMs);
  }

  /**
   * It answers again. That the first question was put long before says little: one that thaws answers then what it was
   * asked while it was frozen. How promptly it answers at its best tells for how long it can have answered at all.
   */
  #tellReturn({ answer, askedMs, atMs }: Heard, promptMs: number): void {
    this.#turning = null;
    const sinceMs = Math.max(askedMs - periodMs, atMs - promptMs - periodMs, this.#refusedMs);
    this.#turn(answer, askedMs, atMs, this.#told === null ? null : sinceMs);
    const latest = this.#lastHeard!;
    if (!isSame(latest.answer, answer)) this.#turn(latest.answer, latest.askedMs, latest.atMs, askedMs);
  }

  #turn(answer: Answer, askedMs: number, knownMs: number, lastOfPreviousMs: number | null): void {
    this.#told = answer;
    this.#tell({ id: this.#id, ...answer, askedMs, knownMs, lastOfPreviousMs });
  }
}

function isSame(one: Answer, other: Answer): boolean {
  return one.ok === other.ok && one.bootId === other.bootId && one.marker === other.marker;
}
