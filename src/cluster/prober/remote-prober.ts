import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import { periodMs, type Answer, type Command, type Run, type Target } from "../../prober/protocol.ts";
import type { Prober, Sample } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";
import { followGuests, followRoutes, type GuestPlace } from "./follow-guests.ts";
import { ProberConnection } from "./prober-connection.ts";
import type { LaunchProber } from "./prober-process.ts";

/** The port on which guests tell their boot id. */
const answerPort = 1501;

/** Between two attempts to start the program anew, in milliseconds: doubled each time. */
const retryMs = { first: 1_000, longest: 10_000 };

/** How often it is told that a guest still answers beside another of its name, in milliseconds. */
const againMs = 5_000;

export interface RemoteProberOptions {
  kube: KubeClient;
  clock: Clock;
  namespace: string;
  launch: LaunchProber;
  /** Whether the program is outside the pods' network, and needs routes to each node's pods. */
  needsRoutes: boolean;
  onSample: (sample: Sample) => void;
  /** Told when it can ask again, and at the end. */
  onLost?: ((fromMs: number, toMs: number, reason: string) => void) | undefined;
}

/**
 * A prober whose program runs somewhere else. Where that ends, or is not heard any more, it is started anew, and the
 * time between is told as lost.
 *
 * @throws EnvironmentError where it cannot be started at all
 */
export async function startRemoteProber(options: RemoteProberOptions): Promise<Prober> {
  const prober = new RemoteProber(options);
  try {
    await prober.start();
    return prober;
  } catch (error) {
    await prober[Symbol.asyncDispose]();
    if (error instanceof EnvironmentError) throw error;
    throw new EnvironmentError(`the prober cannot ask: ${messageOf(error)}`, { cause: error });
  }
}

interface Guest {
  vmiName: string;
  target: Target;
  /** What it answered last; null before its first answer. */
  told: Answer | null;
}

class RemoteProber implements Prober {
  readonly periodMs = periodMs;
  readonly #options: RemoteProberOptions;
  readonly #routes = new Map<string, Command>();
  readonly #guests = new Map<string, Guest>();
  readonly #watches: AsyncDisposable[] = [];
  readonly #stop = new AbortController();
  #connection: ProberConnection | null = null;
  #lost: Prober["lost"] = null;
  /** Since when it last could not ask for a while; null where it always could. */
  #lastLossMs: number | null = null;
  #toldAgainMs = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(options: RemoteProberOptions) {
    this.#options = options;
  }

  get lost(): Prober["lost"] {
    return this.#lost;
  }

  async start(): Promise<void> {
    const { kube, namespace, needsRoutes } = this.#options;
    if (needsRoutes) this.#watches.push(await followRoutes(kube, (range, via) => this.#route(range, via)));
    this.#watches.push(await followGuests(kube, namespace, (place) => this.#place(place)));
    this.#running = this.#keepUp(await this.#connect());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const watch of this.#watches) await watch[Symbol.asyncDispose]();
    await this.#connection?.[Symbol.asyncDispose]();
    await this.#running;
    if (this.#lost !== null) this.#found();
  }

  #route(range: string, via: string): void {
    const command: Command = { kind: "route", range, via };
    this.#routes.set(range, command);
    this.#connection?.tell(command);
  }

  #place({ vmiUid, vmiName, addresses }: GuestPlace): void {
    if (addresses.length === 0) {
      this.#guests.delete(vmiUid);
      this.#connection?.tell({ kind: "forget", id: vmiUid });
      return;
    }
    const target = { id: vmiUid, addresses, port: answerPort };
    this.#guests.set(vmiUid, { vmiName, target, told: this.#guests.get(vmiUid)?.told ?? null });
    this.#connection?.tell({ kind: "ask", target });
  }

  async #connect(): Promise<ProberConnection> {
    const { clock, launch, onLost } = this.#options;
    const { signal } = this.#stop;
    const process = await launch(signal);
    const targets = [...this.#guests.values()].map(({ target }): Command => ({ kind: "ask", target }));
    this.#connection = new ProberConnection(process, clock, [...this.#routes.values(), ...targets], {
      onRun: (run) => this.#heard(run),
      onBlind: (fromMs, toMs) => onLost?.(fromMs, toMs, "the prober's program did not run"),
      onTold: (untilMs) => this.#tellAgain(untilMs),
    });
    await this.#connection.obeyed(signal);
    return this.#connection;
  }

  /** Starts the program anew whenever it is not heard any more, until it is told to stop. */
  async #keepUp(connection: ProberConnection): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      const reason = await connection.ended;
      if (signal.aborted) return;
      this.#lastLossMs = connection.toldUntilMs;
      this.#lost = { sinceMs: this.#lastLossMs, reason };
      await connection[Symbol.asyncDispose]();
      const again = await this.#reconnect();
      if (again === null) return;
      this.#found();
      connection = again;
    }
  }

  /** Null where it was told to stop. */
  async #reconnect(): Promise<ProberConnection | null> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    for (let waitMs = retryMs.first; ; waitMs = Math.min(waitMs * 2, retryMs.longest)) {
      try {
        return await this.#connect();
      } catch {
        await this.#connection?.[Symbol.asyncDispose]();
      }
      await clock.sleep(waitMs, signal).catch(() => {});
      if (signal.aborted) return null;
    }
  }

  /** It asks again, or never will: what could not be seen meanwhile is told. */
  #found(): void {
    const { sinceMs, reason } = this.#lost!;
    this.#lost = null;
    this.#options.onLost?.(sinceMs, this.#options.clock.now(), reason);
  }

  /** That a guest's VMI has ended, and another has its name, is no proof that it has: that it still answers is told. */
  #tellAgain(untilMs: number): void {
    if (untilMs - this.#toldAgainMs < againMs) return;
    this.#toldAgainMs = untilMs;
    const guests = [...this.#guests.entries()];
    for (const [uid, { vmiName: vm, told }] of guests) {
      const isAlone = !guests.some(([other, { vmiName }]) => vmiName === vm && other !== uid);
      if (isAlone || told?.ok !== true) continue;
      const lastOfPreviousMs = untilMs - periodMs;
      this.#options.onSample({ vm, uid, ...told, atMs: untilMs, askedMs: lastOfPreviousMs, lastOfPreviousMs });
    }
  }

  #heard(run: Run): void {
    const guest = this.#guests.get(run.id);
    if (guest === undefined) return;
    const { ok, bootId, marker, askedMs, knownMs } = run;
    const isFirst = run.lastOfPreviousMs === null;
    // A guest that has never answered may be one that cannot: its silence says nothing.
    if (guest.told === null && !ok) return;
    if (isFirst && guest.told !== null && isSame(guest.told, run)) return;
    // The first run of a program that was started anew: it changed while nobody asked.
    const lastOfPreviousMs = isFirst && guest.told !== null ? this.#lastLossMs : run.lastOfPreviousMs;
    guest.told = { ok, bootId, marker };
    const { vmiName: vm } = guest;
    this.#options.onSample({ vm, uid: run.id, ok, bootId, marker, atMs: knownMs, askedMs, lastOfPreviousMs });
  }
}

function isSame(one: Answer, other: Answer): boolean {
  return one.ok === other.ok && one.bootId === other.bootId && one.marker === other.marker;
}
