import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import { periodMs, type Answer, type Command, type Run, type Target } from "../../prober/protocol.ts";
import type { Prober, Sample } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";
import { followGuests, followRoutes, type GuestPlace } from "./follow-guests.ts";
import { followServices, type UserPlace } from "./follow-services.ts";
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
  /** Nodes that are going to be broken: users do not come by them. */
  awayFrom?: readonly string[] | undefined;
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

/** A Service before guests, asked as its users do. */
interface Path {
  service: string;
  selector: Record<string, string>;
  target: Target;
  /** A VMI behind it, and whether it answered last; null before its first answer. */
  told: { vm: string; ok: boolean } | null;
}

class RemoteProber implements Prober {
  readonly periodMs = periodMs;
  readonly #options: RemoteProberOptions;
  readonly #routes = new Map<string, Command>();
  readonly #guests = new Map<string, Guest>();
  /** By the Service's UID. */
  readonly #paths = new Map<string, Path>();
  /** The labels of every VMI's pods that there were, by the VMI's name. */
  readonly #labels = new Map<string, Record<string, string>>();
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
    const { kube, namespace, needsRoutes, awayFrom = [] } = this.#options;
    if (needsRoutes) this.#watches.push(await followRoutes(kube, (range, via) => this.#route(range, via)));
    this.#watches.push(await followGuests(kube, namespace, (place) => this.#place(place)));
    this.#watches.push(await followServices(kube, namespace, awayFrom, (place) => this.#placeUsers(place)));
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

  #place({ vmiUid, vmiName, labels, addresses }: GuestPlace): void {
    this.#labels.set(vmiName, labels);
    if (addresses.length === 0) {
      this.#guests.delete(vmiUid);
      this.#connection?.tell({ kind: "forget", id: vmiUid });
      return;
    }
    const target = { id: vmiUid, addresses, port: answerPort };
    this.#guests.set(vmiUid, { vmiName, target, told: this.#guests.get(vmiUid)?.told ?? null });
    this.#connection?.tell({ kind: "ask", target });
  }

  #placeUsers({ serviceUid, service, selector, way }: UserPlace): void {
    if (way === null) {
      if (this.#paths.delete(serviceUid)) this.#connection?.tell({ kind: "forget", id: serviceUid });
      return;
    }
    const target = { id: serviceUid, addresses: [way.address], port: way.port };
    this.#paths.set(serviceUid, { service, selector, target, told: this.#paths.get(serviceUid)?.told ?? null });
    this.#connection?.tell({ kind: "ask", target });
  }

  async #connect(): Promise<ProberConnection> {
    const { clock, launch, onLost } = this.#options;
    const { signal } = this.#stop;
    const process = await launch(signal);
    const asked = [...this.#guests.values(), ...this.#paths.values()];
    const targets = asked.map(({ target }): Command => ({ kind: "ask", target }));
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
    const path = this.#paths.get(run.id);
    if (path !== undefined) return this.#heardOfUsers(path, run);
    const guest = this.#guests.get(run.id);
    if (guest === undefined) return;
    const { ok, bootId, marker, askedMs, knownMs } = run;
    const isFirst = run.lastOfPreviousMs === null;
    // A guest that has never answered may be one that cannot: its silence says nothing.
    if (guest.told === null && !ok) return;
    if (isFirst && guest.told !== null && isSame(guest.told, run)) return;
    const lastOfPreviousMs = this.#lastOfPrevious(run, guest.told !== null);
    guest.told = { ok, bootId, marker };
    const { vmiName: vm } = guest;
    this.#options.onSample({ vm, uid: run.id, ok, bootId, marker, atMs: knownMs, askedMs, lastOfPreviousMs });
  }

  /** Which of several guests answered is chance: only whether one did is told, once one has. */
  #heardOfUsers(path: Path, run: Run): void {
    const { ok, bootId, marker, askedMs, knownMs } = run;
    const vm = path.told?.vm ?? this.#behind(path);
    if (vm === undefined || (path.told === null ? !ok : path.told.ok === ok)) return;
    const lastOfPreviousMs = this.#lastOfPrevious(run, path.told !== null);
    path.told = { vm, ok };
    const answer = { vm, uid: run.id, ok, bootId, marker, atMs: knownMs, askedMs, lastOfPreviousMs };
    this.#options.onSample({ channel: "service", service: path.service, ...answer });
  }

  #behind({ selector }: Path): string | undefined {
    const wanted = Object.entries(selector);
    return [...this.#labels].find(([, labels]) => wanted.every(([key, value]) => labels[key] === value))?.[0];
  }

  /** Where a program that was started anew tells its first run of what was told before, it changed while nobody asked. */
  #lastOfPrevious({ lastOfPreviousMs }: Run, wasTold: boolean): number | null {
    return lastOfPreviousMs === null && wasTold ? this.#lastLossMs : lastOfPreviousMs;
  }
}

function isSame(one: Answer, other: Answer): boolean {
  return one.ok === other.ok && one.bootId === other.bootId && one.marker === other.marker;
}
