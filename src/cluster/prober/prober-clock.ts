import type { Clock } from "../../clock/clock.ts";

/** How many of the last comparisons the best is taken of: clocks of two machines drift apart. */
const kept = 30;

/** By how much two readings of one clock may seem to differ, in milliseconds. */
const toleranceMs = 1;

/** By how much the prober's clock is behind this one: between these. */
interface Offset {
  lowMs: number;
  highMs: number;
}

/**
 * Places the prober's times on the harness's clock. Each comparison bounds the offset by the time that question and
 * answer took. Where all of them agree with both reading the kernel's one monotonic clock, as a container on this
 * machine does, the offset is exact.
 */
export class ProberClock {
  readonly #clock: Clock;
  #offsets: Offset[] = [];
  /** What the offset is if it is the same clock. */
  readonly #sameMs: number;
  #isSame = true;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sameMs = clock.now() - Number(process.hrtime.bigint()) / 1e6;
  }

  /** Whether anything is known yet. */
  get isKnown(): boolean {
    return this.#offsets.length > 0;
  }

  /** How far off a time that is placed may be, either way, in milliseconds. */
  get errorMs(): number {
    const { lowMs, highMs } = this.#offset;
    return (highMs - lowMs) / 2;
  }

  /** The prober read its clock as `theirMs` some time between `askedMs` and now. */
  compare(askedMs: number, theirMs: number): void {
    const offset = { lowMs: askedMs - theirMs, highMs: this.#clock.now() - theirMs };
    this.#offsets = [...this.#offsets, offset].slice(-kept);
    this.#isSame &&= this.#sameMs > offset.lowMs - toleranceMs && this.#sameMs < offset.highMs + toleranceMs;
  }

  /** The earliest that it can have been here. */
  notBefore(theirMs: number): number {
    return theirMs + this.#offset.lowMs;
  }

  /** The latest that it can have been here. */
  notAfter(theirMs: number): number {
    return theirMs + this.#offset.highMs;
  }

  get #offset(): Offset {
    if (this.#isSame) return { lowMs: this.#sameMs, highMs: this.#sameMs };
    const width = ({ lowMs, highMs }: Offset): number => highMs - lowMs;
    return this.#offsets.reduce((best, each) => (width(each) < width(best) ? each : best));
  }
}
