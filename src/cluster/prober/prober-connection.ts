import type { Clock, Timer } from "../../clock/clock.ts";
import { withDeadline } from "../../clock/deadline.ts";
import { messageOf } from "../../errors.ts";
import type { Command, Report, Run } from "../../prober/protocol.ts";
import { ProberClock } from "./prober-clock.ts";
import type { ProberProcess } from "./prober-process.ts";

/** How often the program is asked for its time, in milliseconds. */
const pingMs = 2_000;

/** The program speaks twice a second: it is given up where nothing is heard from one ping to the next so many times. */
const silentPings = 3;

/** Longest time from the program's start until it has obeyed its first commands, in milliseconds. */
const firstWordMs = 30_000;

/** Who is told what the program saw; times are those of the harness's clock, as wide as they are uncertain. */
export interface Listener {
  onRun(run: Run): void;
  onBlind(fromMs: number, toMs: number): void;
  /** Whatever changed before that instant has been told. */
  onTold(untilMs: number): void;
}

/** One life of the prober's program, as far as it is heard. Disposing of it ends the program. */
export class ProberConnection implements AsyncDisposable {
  readonly #process: ProberProcess;
  readonly #clock: Clock;
  readonly #listener: Listener;
  readonly #times: ProberClock;
  readonly #pings = new Map<number, number>();
  readonly #hung = Promise.withResolvers<string>();
  readonly #obeyed = Promise.withResolvers<void>();
  #watchdog: Timer | undefined;
  #count = 0;
  #heardMs: number;
  /** Counted, not timed: a harness that stood still has not listened meanwhile, and what was said waits to be read. */
  #silentPings = 0;
  #toldMs: number | null = null;
  /** Resolves with the reason when it is not heard any more; rejects with what its listener threw. */
  readonly ended: Promise<string>;

  /** Tells it the first commands; `obeyed` says when it has done so. */
  constructor(process: ProberProcess, clock: Clock, first: Command[], listener: Listener) {
    this.#process = process;
    this.#clock = clock;
    this.#listener = listener;
    this.#times = new ProberClock(clock);
    this.#heardMs = clock.now();
    this.ended = this.#listen();
    this.#ping();
    for (const command of first) this.tell(command);
    this.#watch();
  }

  /** @throws Error where it ends, or says nothing, before it has done what it was told first */
  async obeyed(signal: AbortSignal): Promise<void> {
    const outcome = () =>
      Promise.race([this.#obeyed.promise, this.ended.then((reason) => Promise.reject(new Error(reason)))]);
    await withDeadline(this.#clock, firstWordMs, outcome, "the prober's first word", signal);
  }

  /** Everything before this instant of the harness's clock has been told. */
  get toldUntilMs(): number {
    return this.#toldMs === null || !this.#times.isKnown ? this.#heardMs : this.#times.notBefore(this.#toldMs);
  }

  /** How far off its times may be, either way, in milliseconds. */
  get errorMs(): number {
    return this.#times.errorMs;
  }

  tell(command: Command): void {
    this.#process.tell(JSON.stringify(command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#watchdog?.cancel();
    await this.#process[Symbol.asyncDispose]();
  }

  async #listen(): Promise<string> {
    try {
      return await Promise.race([this.#read(), this.#hung.promise]);
    } finally {
      this.#watchdog?.cancel();
    }
  }

  async #read(): Promise<string> {
    const lines = this.#process.lines[Symbol.asyncIterator]();
    for (;;) {
      const next = await lines.next().catch((error: unknown) => messageOf(error));
      if (typeof next === "string") return next;
      if (next.done === true) return "the prober's program has ended";
      this.#heardMs = this.#clock.now();
      this.#silentPings = 0;
      const trouble = this.#hear(JSON.parse(next.value) as Report);
      if (trouble !== null) return trouble;
    }
  }

  /** Takes a report in; what it says is wrong, if anything. */
  #hear(report: Report): string | null {
    const times = this.#times;
    switch (report.kind) {
      case "ready":
        break;
      case "pong":
        times.compare(this.#pings.get(report.id)!, report.nowMs);
        this.#pings.delete(report.id);
        // The first ping was sent before the commands, the second after them.
        if (report.id === 1) this.#obeyed.resolve();
        break;
      case "alive":
        this.#toldMs = report.toldMs;
        if (times.isKnown) this.#listener.onTold(this.toldUntilMs);
        break;
      case "run": {
        const { askedMs, knownMs, lastOfPreviousMs } = report;
        this.#listener.onRun({
          ...report,
          askedMs: times.notBefore(askedMs),
          knownMs: times.notAfter(knownMs),
          lastOfPreviousMs: lastOfPreviousMs === null ? null : times.notBefore(lastOfPreviousMs),
        });
        break;
      }
      case "blind":
        this.#listener.onBlind(times.notBefore(report.fromMs), times.notAfter(report.toMs));
        break;
      case "trouble":
        return report.what;
    }
    return null;
  }

  #ping(): void {
    const id = this.#count++;
    this.#pings.set(id, this.#clock.now());
    this.tell({ kind: "ping", id });
  }

  #watch(): void {
    this.#ping();
    this.#watchdog = this.#clock.after(pingMs, () => {
      if (this.#silentPings++ < silentPings) return this.#watch();
      this.#hung.resolve(`nothing was heard of the prober for ${(silentPings * pingMs) / 1000} s`);
    });
  }
}
