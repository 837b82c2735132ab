import type { Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { Exit, Process, ProbeAnswer, Signal } from "../../node/process.ts";
import type { World } from "../../world.ts";
import { startErrorOf } from "../guest/behaviour.ts";
import type { Launcher } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";
import { isFinal } from "../instance/phase.ts";
import { shutsDownByAcpi, type SeenDomain } from "./domain-phase.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { MigrationSource } from "./migration-source.ts";
import { MigrationTarget } from "./migration-target.ts";
import { Retries } from "../retries.ts";
import { reportIrrecoverable, reportStatus } from "./status-report.ts";

/** Its health answer asks the API in turn; cut off from it for this long, it gives none, as seen in recordings. */
const deafAfterMs = 85_000;

const notRunning =
  "server error. command Shutdown failed: \"LibvirtError(Code=55, Domain=10, Message='Requested operation is not valid: domain is not running')\"";

/** What the API tells of a node, and who answers on the others. */
export interface Cluster {
  /** The VMIs that run on that node. */
  instancesOn(node: string): VirtualMachineInstance[];
  /** The VMIs that are being migrated to it. */
  arrivalsOn(node: string): VirtualMachineInstance[];
  /** The virt-handler of that node, while it runs. */
  on(node: string): VirtHandler | undefined;
}

/**
 * virt-handler of one node, the main process of its pod: starts and stops domains as the API asks, and tells the
 * API what became of them. Cut off from the API it goes on with what it last saw and reports when it is back.
 */
export class VirtHandler implements Process {
  readonly machine: SimulatedMachine;
  /** Its part as the target of migrations. */
  readonly arrivals: MigrationTarget;
  #alive = true;
  #started = false;
  /** Since when the API has been out of reach, in milliseconds. */
  #cutOffMs: number | undefined;
  /** The VMIs of this node as last seen, by `namespace/name`. */
  readonly #vmis = new Map<string, VirtualMachineInstance>();
  readonly #keys = new Map<string, string>();
  readonly #waiting = new Set<string>();
  /** Launchers whose socket died under this process: until then (milliseconds) their domain counts as it was. */
  readonly #staleUntil = new Map<string, number>();
  readonly #retries = new Retries();
  #draws = 0;
  readonly #bornMs: number;
  readonly #world: World;
  readonly #launchers: Launchers;
  readonly #cluster: Cluster;
  readonly #departures: MigrationSource;
  readonly #exited: (exit: Exit) => void;
  readonly #incarnation: string;
  readonly #boot: number;

  constructor(
    world: World,
    pod: Pod,
    machine: SimulatedMachine,
    launchers: Launchers,
    cluster: Cluster,
    exited: (exit: Exit) => void,
  ) {
    this.machine = machine;
    this.#world = world;
    this.#launchers = launchers;
    this.#exited = exited;
    this.#bornMs = world.clock.now();
    this.#boot = machine.boot;
    this.#incarnation = `${pod.metadata.uid} ${this.#bornMs}`;
    this.#cluster = cluster;
    this.arrivals = new MigrationTarget(world, machine, pod, launchers, () => this.alive && this.#started);
    this.#departures = new MigrationSource(world, machine, launchers, (node) => cluster.on(node) !== undefined);
    if (!world.reachesApi(machine.node)) this.#cutOffMs = this.#bornMs;
    // What starts at the model's zero has been running.
    machine.schedule(this.#bornMs === 0 ? 0 : this.#draw("start", 800, 2_000), () => this.#start());
  }

  /** Whether it runs, frozen or not; it does not survive its machine's boot. */
  get alive(): boolean {
    return this.#alive && this.machine.powered && this.machine.boot === this.#boot;
  }

  /** It does nothing from now on, though its container runs. */
  halt(): void {
    this.#alive = false;
  }

  /** A VMI of this node was created or changed. */
  seen(vmi: VirtualMachineInstance): void {
    const key = keyOf(vmi);
    if (!this.#world.reachesApi(this.machine.node)) return;
    this.#vmis.set(key, vmi);
    this.#keys.set(vmi.metadata.uid, key);
    this.#enqueue(key);
  }

  /** A VMI is gone, or not this node's any more. */
  unseen(vmi: VirtualMachineInstance): void {
    if (this.#world.reachesApi(this.machine.node)) this.#forget(keyOf(vmi));
  }

  /** The API may be in reach again: catches up with what it missed. */
  reachChanged(): void {
    const reached = this.#world.reachesApi(this.machine.node);
    this.#cutOffMs = reached ? undefined : (this.#cutOffMs ?? this.#world.clock.now());
    if (!this.alive || !reached) return;
    this.machine.schedule(this.#draw("reconnect", 500, 5_000), () => {
      if (!this.alive || !this.#world.reachesApi(this.machine.node)) return;
      if (this.#started) this.#refresh();
      else this.#start();
    });
  }

  /** A domain of this node changed. */
  domainChanged(launcher: Launcher): void {
    if (this.#started) this.arrivals.launcherChanged(launcher);
    if (launcher.domain?.left === true) return this.#enqueueDeparted(launcher);
    const key = this.#keys.get(launcher.vmiUid);
    if (key === undefined) return;
    // A launcher that is told to end passes that on by itself; what becomes of qemu it hears from libvirt.
    const asked = launcher.shutdownRequested && launcher.shutdownStartedMs === undefined;
    const delayMs = asked ? this.#draw("told to end", 20, 120) : this.#draw("domain event", 80, 400);
    this.#enqueue(key, delayMs + this.#world.apiDelayMs);
  }

  /** A launcher's sockets died; the next polls notice and, after the threshold, take its domain for gone. */
  launcherGone(launcher: Launcher): void {
    const key = this.#keys.get(launcher.vmiUid);
    if (key === undefined || !this.#started) return;
    const now = this.#world.clock.now();
    const { watchdogPollSeconds, watchdogTimeoutSeconds } = this.#world.settings;
    const pollMs = watchdogPollSeconds * 1000;
    const firstPoll = this.#bornMs + Math.ceil((now - this.#bornMs) / pollMs) * pollMs;
    const polls = Math.floor((watchdogTimeoutSeconds * 1000) / pollMs) + 1;
    const until = firstPoll + polls * pollMs;
    this.#staleUntil.set(launcher.vmiUid, until);
    this.#enqueue(key);
    this.#enqueue(key, until - now);
  }

  signal(signal: Signal): void {
    const delayMs = signal === "SIGKILL" ? 0 : this.#draw("stop", 200, 1_000);
    this.machine.schedule(delayMs, () => {
      this.#alive = false;
      this.#exited(signal === "SIGKILL" ? { code: 137, reason: "Error" } : { code: 0, reason: "Completed" });
    });
  }

  probe(): ProbeAnswer {
    if (!this.#started || !this.#alive) return "refused";
    const cutOff = this.#cutOffMs !== undefined && this.#world.clock.now() - this.#cutOffMs >= deafAfterMs;
    return cutOff ? "silent" : "success";
  }

  memory(): number {
    return 120 * 2 ** 20;
  }

  #start(): void {
    // It does not get to its work before it has seen the API.
    if (!this.alive || this.#started || !this.#world.reachesApi(this.machine.node)) return;
    this.#started = true;
    startHeartbeat(this.#world, this.machine, this.#incarnation, () => this.alive);
    this.#refresh();
  }

  #refresh(): void {
    const here = this.#cluster.instancesOn(this.machine.node);
    const present = new Set(here.map(keyOf));
    for (const key of [...this.#vmis.keys()]) if (!present.has(key)) this.#forget(key);
    for (const vmi of here) this.seen(vmi);
    for (const vmi of this.#cluster.arrivalsOn(this.machine.node)) this.arrivals.seen(vmi);
  }

  /** Its guest has gone on elsewhere: nothing is left to report of the domain here. */
  #enqueueDeparted(launcher: Launcher): void {
    if (!this.#started) return;
    this.machine.schedule(this.#draw("domain event", 80, 700), () => {
      if (this.alive) this.#departures.left(launcher);
    });
  }

  #forget(key: string): void {
    const vmi = this.#vmis.get(key);
    if (vmi === undefined) return;
    this.#vmis.delete(key);
    this.#keys.delete(vmi.metadata.uid);
    this.#staleUntil.delete(vmi.metadata.uid);
  }

  #enqueue(key: string, delayMs?: number): void {
    if (!this.#started) return;
    if (delayMs === undefined) {
      if (this.#waiting.has(key)) return;
      this.#waiting.add(key);
    }
    this.machine.schedule(delayMs ?? this.#draw("sync", 10, 60) + this.#world.apiDelayMs, () => {
      if (delayMs === undefined) this.#waiting.delete(key);
      const vmi = this.#vmis.get(key);
      if (this.alive && vmi !== undefined) this.#sync(key, vmi);
    });
  }

  #sync(key: string, vmi: VirtualMachineInstance): void {
    const { node } = this.machine;
    const launcher = this.#launchers.on(node, vmi.metadata.uid);
    if (isFinal(vmi)) return this.#finish(key, vmi, launcher);
    if (launcher?.domain?.left === true) return;
    if (launcher !== undefined) this.#departures.sync(vmi, launcher);
    // A domain that is being migrated is left alone, unless its VMI is to go (vm.go: execute, isMigrationInProgress).
    if (vmi.metadata.deletionTimestamp === undefined && isMigrating(vmi, launcher)) return;
    const domain = this.#domainOf(vmi, launcher);
    let problem: string | undefined;
    if (launcher?.domain?.live === true) problem = this.#shutDownIfAsked(key, vmi, launcher);
    else if (domain === "launcher-alive" && vmi.status.phase === "Scheduled") this.#startDomain(key, vmi, launcher);
    if (domain === "unchanged" || !this.#world.reachesApi(node)) return;
    // Every write to a VMI passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return this.#enqueue(key, this.#retries.next(key));
    if (problem === undefined) this.#retries.forget(key);
    if (typeof domain !== "string" && domain.state === "Paused" && domain.reason === "PostcopyFailed") {
      this.#destroy(vmi, launcher!);
      const message = "VMI is irrecoverable due to failed post-copy migration";
      return reportIrrecoverable(this.#world, node, vmi, message);
    }
    if (reportStatus(this.#world, node, vmi, domain, launcher, problem) && launcher?.domain?.live === false) {
      launcher.finalStateTaken();
    }
  }

  /**
   * Of a VMI that has ended: a guest that lives yet, for its pod's object went without it, is shut down with the VMI's
   * deletion, and its domain is deleted before (vm.go: sync).
   */
  #finish(key: string, vmi: VirtualMachineInstance, launcher: Launcher | undefined): void {
    if (launcher?.domain?.live !== true) launcher?.finalStateTaken();
    else if (vmi.metadata.deletionTimestamp !== undefined) this.#shutDownIfAsked(key, vmi, launcher);
    else this.#event(vmi, "Normal", "Deleted", "Signaled Deletion");
  }

  #domainOf(vmi: VirtualMachineInstance, launcher: Launcher | undefined): SeenDomain | "unchanged" {
    if (launcher !== undefined) {
      const given = launcher.ready || vmi.status.phase !== "Scheduled" || this.#msToInitialise(vmi) > 0;
      return launcher.domain?.state ?? (given ? "launcher-alive" : "launcher-dead");
    }
    const staleUntil = this.#staleUntil.get(vmi.metadata.uid);
    if (vmi.status.phase === "Running" && staleUntil !== undefined && this.#world.clock.now() < staleUntil) {
      return "unchanged";
    }
    return "launcher-dead";
  }

  #startDomain(key: string, vmi: VirtualMachineInstance, launcher: Launcher | undefined): void {
    if (launcher?.ready !== true) return this.#enqueue(key, this.#msToInitialise(vmi));
    if (vmi.metadata.deletionTimestamp !== undefined) return;
    const error = startErrorOf(vmi);
    if (error === undefined) launcher.startDomain(vmi);
    else if (this.#world.reachesApi(this.machine.node)) reportIrrecoverable(this.#world, this.machine.node, vmi, error);
  }

  /** How long its launcher may still take until the VMI counts as failed. */
  #msToInitialise(vmi: VirtualMachineInstance): number {
    const { phaseTransitionTimestamps = [] } = vmi.status;
    const since = phaseTransitionTimestamps.find(({ phase }) => phase === "Scheduled")?.phaseTransitionTimestamp;
    const waitedMs = since === undefined ? 0 : this.#world.clock.wall().getTime() - Date.parse(since);
    return Math.max(0, this.#world.settings.launcherInitSeconds * 1000 - waitedMs);
  }

  /**
   * ACPI signals until the grace is over, then the domain is destroyed (virt-handler/vm.go: processVmShutdown). libvirt
   * signals nothing to a domain that is paused: answers its error, is tried again, and no grace begins.
   */
  #shutDownIfAsked(key: string, vmi: VirtualMachineInstance, launcher: Launcher): string | undefined {
    if (vmi.metadata.deletionTimestamp === undefined && !launcher.shutdownRequested) return undefined;
    const { clock, settings } = this.#world;
    const now = clock.now();
    const first = launcher.shutdownStartedMs === undefined;
    const graceMs = (vmi.spec.terminationGracePeriodSeconds ?? settings.vmiGracePeriodSeconds) * 1000;
    const left = (launcher.shutdownStartedMs ?? now) + graceMs - now;
    if (!shutsDownByAcpi(vmi) || left <= 0) {
      this.#destroy(vmi, launcher);
      return undefined;
    }
    if (launcher.domain!.state.state === "Paused") {
      this.#event(vmi, "Warning", "SyncFailed", notRunning);
      this.#enqueue(key, this.#retries.next(key));
      return notRunning;
    }
    launcher.shutdownStartedMs ??= now;
    const resendMs = settings.acpiResendSeconds * 1000;
    const sinceSignal = now - (launcher.shutdownSignalledMs ?? -Infinity);
    if (sinceSignal < resendMs) return undefined;
    launcher.shutdownSignalledMs = now;
    launcher.domain!.guest.acpiShutdown();
    if (first) this.#event(vmi, "Normal", "ShuttingDown", "Signaled Graceful Shutdown");
    this.#enqueue(key, Math.min(resendMs, left));
    return undefined;
  }

  #destroy(vmi: VirtualMachineInstance, launcher: Launcher): void {
    this.#event(vmi, "Normal", "Deleted", "VirtualMachineInstance stopping");
    launcher.domain!.destroy();
  }

  #event(vmi: VirtualMachineInstance, type: "Normal" | "Warning", reason: string, message: string): void {
    const { node } = this.machine;
    if (this.#world.reachesApi(node)) recordEvent(this.#world, vmi, type, reason, message, "virt-handler", node);
  }

  #draw(purpose: string, low: number, high: number): number {
    return this.#world.random.between(low, high, this.#incarnation, purpose, this.#draws++);
  }
}

/** Whether the VMI says that it is being migrated, or its launcher does. */
function isMigrating({ status: { migrationState: state } }: VirtualMachineInstance, launcher?: Launcher): boolean {
  if (state?.startTimestamp !== undefined && state.endTimestamp === undefined) return true;
  return launcher?.copy !== undefined && launcher.copy.result === undefined;
}

function keyOf(vmi: VirtualMachineInstance): string {
  return `${vmi.metadata.namespace}/${vmi.metadata.name}`;
}
