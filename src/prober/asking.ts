import { answerLimitMs, periodMs, type Report, type Run, type Target } from "./protocol.ts";
import { ask } from "./question.ts";
import { RunCoder } from "./run-coder.ts";

/** How many questions one target may leave open: as many as are given up while nothing listens at its address. */
const mostOpen = 12;

/** A tick that comes so late tells that the program did not run: what arrived meanwhile has so long to be heard. */
const lateMs = 300;

/** Where nobody was asked for longer than this, it is said, in milliseconds: a shorter outage may go unseen. */
const blindMs = 1_000;

/** How often the program says that it goes on, in milliseconds. */
const aliveMs = 500;

/** Milliseconds of the monotonic clock that all programs of one kernel share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

interface Asked {
  target: Target;
  coder: RunCoder;
  open: { count: number };
}

/**
 * Asks every target each period, whether or not the questions before have been answered: one that is slow or silent
 * delays neither itself nor others.
 */
export class Asking {
  readonly #tell: (report: Report) => void;
  readonly #targets = new Map<string, Asked>();
  #tickedMs = nowMs();
  #aliveMs = -Infinity;
  #judgeFromMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (report: Report) => void) {
    this.#tell = tell;
  }

  start(): void {
    this.#tickedMs = nowMs();
    this.#tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  set(target: Target): void {
    const { id } = target;
    const tell = (run: Run): void => {
      // What is heard of one that was forgotten meanwhile is of no interest.
      if (this.#targets.get(id)?.coder === coder) this.#tell({ kind: "run", ...run });
    };
    const known = this.#targets.get(id);
    const coder: RunCoder = known?.coder ?? new RunCoder(id, tell);
    this.#targets.set(id, { target, coder, open: known?.open ?? { count: 0 } });
  }

  forget(id: string): void {
    this.#targets.delete(id);
  }

  #tick(): void {
    const now = nowMs();
    const sinceMs = now - this.#tickedMs;
    if (sinceMs > periodMs + lateMs) this.#judgeFromMs = now + lateMs;
    if (sinceMs > blindMs) this.#tell({ kind: "blind", fromMs: this.#tickedMs, toMs: now });
    this.#tickedMs = now;
    for (const asked of this.#targets.values()) {
      // Whoever is slow is not asked ever more.
      if (asked.open.count < mostOpen) void this.#put(asked, now);
    }
    if (now - this.#aliveMs >= aliveMs) this.#sayAlive(now);
    if (now >= this.#judgeFromMs) for (const { coder } of this.#targets.values()) coder.tick(now);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, periodMs - (nowMs() - now)));
  }

  /** Asks at all addresses at once; the first answer counts. */
  async #put({ target: { addresses, port }, coder, open }: Asked, askedMs: number): Promise<void> {
    open.count++;
    coder.asked(askedMs);
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(), answerLimitMs);
    const ends = addresses.map(async (address) => {
      const end = await ask(address, port, control.signal);
      return typeof end === "string" ? Promise.reject(new Error(end)) : end;
    });
    try {
      coder.answered(await Promise.any(ends), askedMs, nowMs());
    } catch (error) {
      const silences = (error as AggregateError).errors.map((each: Error) => each.message);
      if (silences.every((each) => each === "refused")) coder.refused(askedMs, nowMs());
    } finally {
      open.count--;
      clearTimeout(timer);
      control.abort();
    }
  }

  #sayAlive(now: number): void {
    this.#aliveMs = now;
    const told = [...this.#targets.values()].map(({ coder }) => coder.toldUntilMs(now));
    this.#tell({ kind: "alive", toldMs: Math.min(now, ...told) });
  }
}
