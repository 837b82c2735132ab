import { quantityValue } from "../../../kube/quantity.ts";
import type { Container, Pod, Probe, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Timer } from "../../event-clock.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { Exit, Process, ProbeAnswer, Signal } from "../../node/process.ts";
import type { World } from "../../world.ts";
import { labels } from "../names.ts";
import { Domain } from "./domain.ts";
import { LiveCopy, type CopyOrder } from "./live-copy.ts";

/** Who hears of a launcher on its node: virt-handler through its sockets, and whoever asks guests. */
export interface LauncherListener {
  /** Its domain, its socket or what its guest answers may have changed. */
  changed(launcher: Launcher): void;
  /** It is gone, and its sockets with it. */
  gone(launcher: Launcher): void;
}

/** Resident memory of virt-launcher, virtqemud and qemu beside the guest's. */
const overheadInUse = 120 * 2 ** 20;

/**
 * virt-launcher under its monitor, the main process of a launcher pod: waits for virt-handler to define a domain,
 * keeps libvirt and qemu, and ends when the domain has: with code 0 even where qemu crashed.
 */
export class Launcher implements Process {
  readonly pod: Pod;
  readonly vmiUid: string;
  readonly machine: SimulatedMachine;
  /** Whether its command socket answers. */
  ready = false;
  domain: Domain | undefined;
  /** Its domain's way to another launcher, under way or over; libvirt keeps what came of the last. */
  copy: LiveCopy | undefined;
  /** Whether a qemu waits here for a guest that is being copied to it. */
  incoming = false;
  /** Whether a guest has come here whole, so that nothing more is on its way. */
  arrived = false;
  /** Whether libvirt tells its domain's addresses; for a guest that has just come it does not at once. */
  addressesKnown = true;
  /** Someone asked it to end (SIGTERM), so its guest should shut down. */
  shutdownRequested = false;
  /** When the guest's grace began and was last signalled, in milliseconds; kept in the domain's metadata. */
  shutdownStartedMs: number | undefined;
  shutdownSignalledMs: number | undefined;
  #alive = true;
  /** Whether nobody is there to ask about the domain. */
  #libvirtAway = false;
  #starting = false;
  /** Whether what asks on the pod's own address is passed on to the guest. */
  #masquerades = false;
  #ended = false;
  #deadline: Timer | undefined;
  #finalWait: Timer | undefined;
  readonly #world: World;
  readonly #exited: (exit: Exit) => void;
  readonly #listener: LauncherListener;

  constructor(
    world: World,
    pod: Pod,
    compute: Container,
    machine: SimulatedMachine,
    exited: (exit: Exit) => void,
    listener: LauncherListener,
  ) {
    this.#world = world;
    this.pod = pod;
    this.machine = machine;
    this.vmiUid = pod.metadata.labels?.[labels.createdBy] ?? "";
    this.#exited = exited;
    this.#listener = listener;
    machine.schedule(this.#draw("init", 300, 900), () => {
      if (!this.#alive) return;
      this.ready = true;
      listener.changed(this);
    });
    machine.schedule(argumentSeconds(compute, "--qemu-timeout") * 1000, () => {
      // virt-launcher panics when it has waited for its domain in vain.
      if (this.domain === undefined && !this.incoming) this.#exit(this.#goodbyeMs(), { code: 2, reason: "Error" });
    });
    this.#graceMs = argumentSeconds(compute, "--grace-period-seconds") * 1000;
  }

  readonly #graceMs: number;

  /** Whether the container runs at all. */
  get alive(): boolean {
    return this.#alive && this.machine.powered;
  }

  /** Defines and starts the domain, once; it runs soon after, which is when the listener hears of it. */
  startDomain(vmi: VirtualMachineInstance): void {
    if (this.#starting || !this.ready) return;
    this.#starting = true;
    this.#masquerades = masquerades(vmi);
    this.machine.schedule(this.#draw("qemu", 200, 600), () => {
      if (this.alive) this.domain = new Domain(this.#world, vmi, this.machine, () => this.#domainChanged());
      this.#domainChanged();
    });
  }

  /** Begins to copy its domain to the launcher that the order names. */
  migrate(order: CopyOrder): void {
    this.copy = new LiveCopy(this.#world, this, order);
    this.#listener.changed(this);
  }

  /** A qemu starts that waits for a guest to come from elsewhere. */
  expect(vmi: VirtualMachineInstance): void {
    this.incoming = true;
    this.#masquerades = masquerades(vmi);
    this.#listener.changed(this);
  }

  /** The guest that was waited for goes on here, with all of its memory or with the rest still to come. */
  receive(from: Domain, whole: boolean): void {
    this.incoming = false;
    this.domain = new Domain(this.#world, from.guest.vmi, this.machine, () => this.#domainChanged(), from);
    from.release(whole);
    if (whole) this.complete();
    this.addressesKnown = false;
    this.machine.schedule(this.#draw("addresses", 300, 3_200), () => {
      this.addressesKnown = true;
      this.#listener.changed(this);
    });
    this.#listener.changed(this);
  }

  /** All of its guest's memory is here; libvirt is asked until it says so (live-migration-target.go: TargetMigrationMonitor). */
  complete(): void {
    this.machine.schedule(this.#draw("migration monitor", 100, 1_000), () => {
      this.arrived = true;
      this.#listener.changed(this);
    });
  }

  /** The guest that was waited for will not come: nothing left to do here. */
  cleanUp(): void {
    if (this.domain !== undefined || !this.#alive) return;
    this.incoming = false;
    this.#exit(this.#goodbyeMs(), { code: 0, reason: "Completed" });
  }

  /** Tells its listeners that something about its domain is new. */
  changed(): void {
    this.#domainChanged();
  }

  /** virt-handler has fetched the domain's final state: nothing left to wait for. */
  finalStateTaken(): void {
    if (this.#finalWait === undefined || !this.#alive) return;
    this.#finalWait.cancel();
    this.#exit(this.#goodbyeMs(), { code: 0, reason: "Completed" });
  }

  /** qemu is killed, and only that; answers whether there was one. One that waits for a guest has none to lose. */
  killQemu(): boolean {
    if (this.domain?.live === true) this.domain.kill();
    else if (this.incoming) this.cleanUp();
    else return false;
    return true;
  }

  /**
   * virtqemud is killed: qemu goes on without it, virt-launcher starts another a second later, and that finds the
   * domain as it is (virtwrap/util/libvirt_helper.go: StartVirtquemud). A copy under way is over.
   */
  killLibvirt(): void {
    this.#libvirtAway = true;
    this.copy?.loseLibvirt();
    this.machine.schedule(1_000 + this.#draw("virtqemud", 200, 600), () => {
      this.#libvirtAway = false;
      this.#listener.changed(this);
    });
  }

  /** virt-launcher itself is killed: its monitor ends qemu, looks a second later whether that is gone, and exits with -1. */
  killMainProcess(): void {
    const qemuMs = this.domain?.live === true ? 1_000 : 0;
    this.#lose();
    this.#exit(qemuMs + this.#goodbyeMs(), { code: 255, reason: "Error" });
  }

  signal(signal: Signal): void {
    if (signal === "SIGKILL") {
      this.#lose();
      this.#exit(0, { code: 137, reason: "Error" });
      return;
    }
    if (this.shutdownRequested || !this.#alive) return;
    this.shutdownRequested = true;
    if (this.domain === undefined && !this.incoming) {
      this.#exit(this.#goodbyeMs(), { code: 0, reason: "Completed" });
      return;
    }
    // Should virt-handler not act on it, the launcher does at its own deadline; it waits for a guest on its way, too.
    this.#deadline = this.machine.schedule(this.#graceMs, () => {
      if (this.incoming) this.cleanUp();
      else this.domain?.destroy();
    });
    this.#listener.changed(this);
  }

  probe(probe: Probe): ProbeAnswer {
    const guest = this.domain?.guest;
    if (probe.guestAgentPing !== undefined || probe.exec !== undefined) {
      if (this.#libvirtAway) return "refused";
      return guest?.agentConnected === true || this.domain?.state.state === "Paused" ? "success" : "refused";
    }
    const port = Number(probe.tcpSocket?.port ?? probe.httpGet?.port);
    if (this.domain?.hasGuest !== true || guest?.responsive !== true) return "silent";
    return guest.serves(port) ? "success" : "refused";
  }

  memory(): number {
    const guest = this.domain?.guest;
    if (guest === undefined || this.domain?.left === true) return overheadInUse;
    return overheadInUse + quantityValue(guest.vmi.spec.domain.memory?.guest ?? "128Mi");
  }

  loseLargest(): void {
    this.domain?.kill();
  }

  #domainChanged(): void {
    if (!this.#alive) return;
    if (this.domain !== undefined && !this.domain.live && this.#finalWait === undefined) {
      this.#deadline?.cancel();
      const waitMs = this.#world.settings.finalNotifySeconds * 1000;
      this.#finalWait = this.machine.schedule(waitMs, () =>
        this.#exit(this.#goodbyeMs(), { code: 0, reason: "Completed" }),
      );
    }
    this.#listener.changed(this);
  }

  /** The sockets are dead and qemu goes with them; nobody is told. */
  #lose(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.ready = false;
    this.domain?.kill();
    this.#listener.gone(this);
  }

  #exit(afterMs: number, exit: Exit): void {
    this.machine.schedule(afterMs, () => {
      if (this.#ended) return;
      this.#ended = true;
      this.#lose();
      this.#exited(exit);
    });
  }

  /**
   * From the end of virt-launcher to that of its container. The monitor asks on the pod's own address for a service
   * mesh's proxy to end: a guest behind it that is gone leaves that unanswered for a while, and where nobody listens it
   * is tried again and again (cmd/virt-launcher-monitor: terminateIstioProxy); both as seen.
   */
  #goodbyeMs(): number {
    return this.#masquerades ? this.#draw("exit", 1_700, 3_500) : 7_800 + this.#draw("exit", 1_600, 1_850);
  }

  #draw(purpose: string, low: number, high: number): number {
    return this.#world.random.between(low, high, this.pod.metadata.uid, purpose);
  }
}

function masquerades({ spec }: VirtualMachineInstance): boolean {
  const interfaces = (spec.domain.devices["interfaces"] ?? []) as { masquerade?: object }[];
  return interfaces.some(({ masquerade }) => masquerade !== undefined);
}

function argumentSeconds(container: Container, flag: string): number {
  const command = container.command ?? [];
  return parseInt(command[command.indexOf(flag) + 1] ?? "0", 10);
}
