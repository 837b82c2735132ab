import { quantityValue } from "../../../kube/quantity.ts";
import type { MigrationConfiguration } from "../configuration.ts";
import type { World } from "../../world.ts";
import type { Launcher } from "./launcher.ts";

/** What a launcher is told of a migration. */
export interface CopyOrder {
  /** UID of the migration. */
  uid: string;
  /** Whom to copy to; undefined where nobody answers at the address given. */
  target: Launcher | undefined;
  configuration: MigrationConfiguration;
}

/** The launcher tells any end that libvirt calls "canceled by client" so (live-migration-source.go: setMigrationResult). */
const aborted = "Live migration has been aborted";
const lostPeer = "operation failed: migration out job: unexpectedly failed";
const noPeer = "unable to connect to server: Connection timed out";

const mebibyte = 2 ** 20;
const gibibyte = 2 ** 30;
const stepSeconds = 1;

/**
 * The copy of a running domain to a qemu that waits on another node, as libvirt and the launcher on the source see to
 * it (virtwrap/live-migration-source.go): memory first and, faster than the guest writes it, what was written
 * since; then the vCPUs stop, the rest follows, and the guest goes on over there.
 */
export class LiveCopy {
  readonly uid: string;
  readonly order: CopyOrder;
  /** How it ended; undefined while it is under way. */
  result: "moved" | "failed" | undefined;
  failureReason: string | undefined;
  /** Whether it was asked to stop, by whomever. */
  aborting = false;
  /** How it goes: with the guest running here, with its vCPUs stopped so that it can end, or running there before its memory is. */
  mode: "PreCopy" | "Paused" | "PostCopy" = "PreCopy";
  /** Memory yet to be sent, in MiB. */
  #leftMiB: number;
  #elapsedSeconds = 0;
  #silentSeconds = 0;
  /** Seconds since less was left than ever before. */
  #stalledSeconds = 0;
  readonly #completionSeconds: number;
  readonly #world: World;
  readonly #source: Launcher;

  constructor(world: World, source: Launcher, order: CopyOrder) {
    this.#world = world;
    this.#source = source;
    this.order = order;
    this.uid = order.uid;
    const { vmi } = source.domain!.guest;
    const memory = quantityValue(vmi.spec.domain.memory?.guest ?? "128Mi");
    // A guest has not touched all of its memory; what it has not is not sent.
    this.#leftMiB = (memory / mebibyte) * world.random.between(0.4, 0.9, vmi.metadata.uid, "touched memory");
    this.#completionSeconds = order.configuration.completionTimeoutPerGiB * Math.max(1, Math.ceil(memory / gibibyte));
    this.#begin();
  }

  /** Stops it, unless it is over, or the guest runs over there already (libvirt refuses to cancel that). */
  abort(): void {
    this.aborting = true;
    if (this.mode !== "PostCopy") this.#fail(aborted);
  }

  /** The libvirt that ran it is gone; the next one cancels what it finds half done (qemuProcessRecoverMigrationOut). */
  loseLibvirt(): void {
    this.#fail(lostPeer);
  }

  #begin(): void {
    const { target } = this.order;
    const { machine } = this.#source;
    machine.schedule(this.#draw("qemu starts", 400, 1_200), () => {
      if (this.#over()) return;
      if (target?.alive === true) {
        target.expect(this.#source.domain!.guest.vmi);
        this.#watchFromTarget(target);
      }
      this.#step();
    });
  }

  #step(): void {
    const { target } = this.order;
    const seconds = Math.min(stepSeconds, this.#secondsLeft());
    this.#source.machine.schedule(seconds * 1000, () => {
      if (this.#over()) return;
      if (target === undefined || !target.machine.reachesCluster || !this.#source.machine.reachesCluster) {
        this.#silentSeconds += seconds;
        if (this.#silentSeconds >= this.#world.settings.migrationKeepaliveSeconds) {
          return this.#fail(target === undefined ? noPeer : lostPeer);
        }
      } else if (!target.alive || !(target.incoming || target.domain?.live === true)) return this.#fail(lostPeer);
      else {
        this.#silentSeconds = 0;
        this.#send(seconds);
      }
      this.#elapsedSeconds += seconds;
      if (this.#leftMiB <= 0 && this.#silentSeconds === 0) this.#allIsSent(target!);
      // What runs over there already cannot be called back: its end is waited for.
      else if (this.mode === "PostCopy") this.#step();
      else if (this.#elapsedSeconds >= this.#completionSeconds) this.#takesTooLong();
      else if (this.#stalledSeconds >= this.order.configuration.progressTimeout) this.abort();
      else this.#step();
    });
  }

  /** It has had its time: the guest goes on over there at once, or stands still until the rest is sent, or that was it. */
  #takesTooLong(): void {
    const { allowPostCopy, allowWorkloadDisruption } = this.order.configuration;
    const { target } = this.order;
    if (!allowWorkloadDisruption || this.mode === "Paused") return this.abort();
    if (allowPostCopy && target?.incoming === true && this.#silentSeconds === 0) {
      this.mode = "PostCopy";
      return this.#switchOver(target, () => this.#step());
    }
    this.mode = "Paused";
    this.#elapsedSeconds = 0;
    this.#source.domain!.guest.suspendForMove();
    this.#step();
  }

  #send(seconds: number): void {
    const left = this.#leftMiB - this.#convergence() * seconds;
    if (left < this.#leftMiB) this.#stalledSeconds = 0;
    else this.#stalledSeconds += seconds;
    // What a guest can write anew is no more than what it has.
    this.#leftMiB = Math.max(0, Math.min(left, this.#leftMiB));
    if (this.#leftMiB < 1e-6) this.#leftMiB = 0;
  }

  #secondsLeft(): number {
    return this.#convergence() > 0 ? this.#leftMiB / this.#convergence() : Infinity;
  }

  /** MiB per second by which less is left: a guest that stands still writes nothing, one that is throttled little. */
  #convergence(): number {
    const { guest, state } = this.#source.domain!;
    const { bandwidthPerMigration, allowAutoConverge } = this.order.configuration;
    const given = this.#world.settings.migrationMiBPerSecond;
    const limit = quantityValue(bandwidthPerMigration) / mebibyte;
    const bandwidth = limit > 0 ? Math.min(limit, given) : given;
    const still = state.state === "Paused" || this.mode !== "PreCopy";
    const dirty = still ? 0 : guest.behaviour.dirtyMiBPerSecond;
    return bandwidth - (allowAutoConverge ? Math.min(dirty, bandwidth / 2) : dirty);
  }

  #allIsSent(target: Launcher): void {
    if (this.mode !== "PostCopy") return this.#switchOver(target, () => this.#end("moved"));
    this.#source.domain!.release(true);
    target.complete();
    this.#end("moved");
  }

  /** The vCPUs stop here and go on over there; `then` is what follows. */
  #switchOver(target: Launcher, then: () => void): void {
    const source = this.#source;
    source.domain!.guest.suspendForMove();
    source.machine.schedule(this.#draw("downtime", 40, 400), () => {
      if (this.#over()) return;
      const connected = target.machine.reachesCluster && source.machine.reachesCluster;
      if (!target.alive || !target.incoming || !connected) return this.#fail(lostPeer);
      target.receive(source.domain!, this.mode !== "PostCopy");
      then();
    });
  }

  #end(result: "moved" | "failed"): void {
    this.result = result;
    this.#source.changed();
  }

  /** Whether it has ended, or just ends because its domain has. */
  #over(): boolean {
    if (this.result !== undefined) return true;
    if (this.#source.domain?.live === true) return false;
    this.#fail("domain is not running");
    return true;
  }

  /** The guest goes on where it is; one that was to fetch the rest of its memory cannot. */
  #fail(reason: string): void {
    if (this.result !== undefined) return;
    this.failureReason = reason;
    const { domain, machine } = this.#source;
    const { target } = this.order;
    const connected = target?.machine.reachesCluster === true && machine.reachesCluster;
    if (target?.domain !== undefined) {
      domain?.loseMemory();
      if (connected) target.domain.loseMemory();
    } else {
      if (domain?.live === true) domain.guest.moveTo(machine, domain);
      if (connected) target.cleanUp();
    }
    this.#end("failed");
  }

  /** The target's qemu hears of a lost source by the connection, or by its silence. */
  #watchFromTarget(target: Launcher): void {
    let silentSeconds = 0;
    const look = (): void => {
      const fetching = target.domain?.live === true && this.result !== "moved";
      if (!target.incoming && !fetching) return;
      const lose = (): void => (target.incoming ? target.cleanUp() : target.domain!.loseMemory());
      if (target.machine.reachesCluster && this.#source.machine.reachesCluster) {
        silentSeconds = 0;
        if (!this.#source.alive || this.result === "failed") return lose();
      } else silentSeconds += stepSeconds;
      if (silentSeconds >= this.#world.settings.migrationKeepaliveSeconds) return lose();
      target.machine.schedule(stepSeconds * 1000, look);
    };
    target.machine.schedule(stepSeconds * 1000, look);
  }

  #draw(purpose: string, low: number, high: number): number {
    return this.#world.random.between(low, high, this.uid, purpose);
  }
}
