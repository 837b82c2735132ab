import { answerLimitMs, periodMs, type Answer, type Report, type Run, type Target } from "./protocol.ts";
import { ask, silence } from "./question.ts";
import { RunCoder } from "./run-coder.ts";

/** A tick that comes so much too late tells that the program did not run, in milliseconds. */
const stallMs = 200;

/** How often a question is given its time anew because the program did not run in it. */
const extensions = 2;

/** Where nobody was asked for longer than this, it is said, in milliseconds: a shorter outage may go unseen. */
const blindMs = 1_000;

/** How often the program says that it goes on, in milliseconds. */
const aliveMs = 500;

/** Milliseconds of the monotonic clock that all programs of one kernel share. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/**
 * Asks every target each period, whether or not the questions before have been answered: one that is slow or silent
 * delays neither itself nor others.
 */
export class Asking {
  readonly #tell: (report: Report) => void;
  readonly #targets = new Map<string, { target: Target; coder: RunCoder }>();
  #tickedMs = nowMs();
  #stalledMs = -Infinity;
  #aliveMs = -Infinity;
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
    const coder: RunCoder = this.#targets.get(id)?.coder ?? new RunCoder(id, tell);
    this.#targets.set(id, { target, coder });
  }

  forget(id: string): void {
    this.#targets.delete(id);
  }

  #tick(): void {
    const now = nowMs();
    const sinceMs = now - this.#tickedMs;
    if (sinceMs > periodMs + stallMs) this.#stalledMs = now;
    if (sinceMs > blindMs) this.#tell({ kind: "blind", fromMs: this.#tickedMs, toMs: now });
    this.#tickedMs = now;
    for (const { target, coder } of this.#targets.values()) void this.#put(target, coder.ask(now));
    if (now - this.#aliveMs >= aliveMs) this.#sayAlive(now);
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, periodMs - (nowMs() - now)));
  }

  /** Asks at all addresses at once; the first answer counts, and silence where there is none. */
  async #put({ addresses, port }: Target, settle: (answer: Answer, atMs: number) => void): Promise<void> {
    const control = new AbortController();
    const timer = this.#giveUp(control, nowMs(), extensions);
    const answers = addresses.map(async (address) => {
      const answer = await ask(address, port, control.signal);
      return answer.ok ? answer : Promise.reject(new Error("silence"));
    });
    settle(await Promise.any(answers).catch(() => silence), nowMs());
    timer.cancel();
    control.abort();
  }

  /** Ends a question when its time is over. Time in which the program did not run is not held against who was asked. */
  #giveUp(control: AbortController, sinceMs: number, left: number): { cancel(): void } {
    let pending: { cancel(): void };
    const timer = setTimeout(() => {
      // Timers come before what has arrived meanwhile: that is looked at first.
      const immediate = setImmediate(() => {
        if (left > 0 && this.#stalledMs > sinceMs) pending = this.#giveUp(control, nowMs(), left - 1);
        else control.abort();
      });
      pending = { cancel: () => clearImmediate(immediate) };
    }, answerLimitMs);
    pending = { cancel: () => clearTimeout(timer) };
    return { cancel: () => pending.cancel() };
  }

  #sayAlive(now: number): void {
    this.#aliveMs = now;
    const open = [...this.#targets.values()].flatMap(({ coder }) => coder.openSinceMs ?? []);
    this.#tell({ kind: "alive", toldMs: Math.min(now, ...open) });
  }
}
