import type { Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { World } from "../../world.ts";
import { isFinal } from "../instance/phase.ts";
import type { Launcher } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";
import { withoutCondition } from "../conditions.ts";
import { annotations, labels } from "../names.ts";
import { Retries } from "../retries.ts";
import { migrationMethod } from "./live-migratable.ts";

const resource = "virtualmachineinstances";

/** Ports on the way between two libvirts: its own, that of the memory, and that of disks where they are copied too. */
const libvirtPorts = { control: 0, memory: 49_152, disks: 49_153 } as const;

/**
 * virt-handler's part on the node that a VMI comes to (virt-handler/migration-target.go): makes the launcher there
 * ready and says where it listens; when the guest runs there, the VMI becomes this node's in one update.
 */
export class MigrationTarget {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #pod: Pod;
  readonly #launchers: Launchers;
  readonly #runs: () => boolean;
  readonly #retries = new Retries();
  readonly #vmis = new Map<string, VirtualMachineInstance>();
  /** Migrations whose target is being prepared, and those whose arrival is being confirmed, by UID. */
  readonly #busy = new Set<string>();
  #draws = 0;

  /** @param runs whether this virt-handler has started and still runs. */
  constructor(world: World, machine: SimulatedMachine, pod: Pod, launchers: Launchers, runs: () => boolean) {
    this.#world = world;
    this.#machine = machine;
    this.#pod = pod;
    this.#launchers = launchers;
    this.#runs = runs;
  }

  /** A VMI on its way to this node was created or changed. */
  seen(vmi: VirtualMachineInstance): void {
    if (!this.#world.reachesApi(this.#machine.node)) return;
    this.#vmis.set(vmi.metadata.uid, vmi);
    this.#enqueue(vmi.metadata.uid, this.#draw("sync", 10, 60));
  }

  /** A VMI is not on its way here any more. */
  unseen({ metadata: { uid } }: VirtualMachineInstance): void {
    if (this.#world.reachesApi(this.#machine.node)) this.#vmis.delete(uid);
  }

  /** A launcher of this node has changed. */
  launcherChanged({ vmiUid }: Launcher): void {
    if (this.#vmis.has(vmiUid)) this.#enqueue(vmiUid, this.#draw("domain event", 80, 400));
  }

  #enqueue(uid: string, delayMs: number): void {
    this.#machine.schedule(delayMs, () => {
      const vmi = this.#vmis.get(uid);
      if (vmi !== undefined && this.#runs() && this.#world.reachesApi(this.#machine.node)) this.#sync(vmi);
    });
  }

  #sync(vmi: VirtualMachineInstance): void {
    const { node } = this.#machine;
    const { uid } = vmi.metadata;
    if (!this.#canWrite()) return this.#enqueue(uid, this.#retries.next(uid));
    this.#retries.forget(uid);
    const state = vmi.status.migrationState;
    if (state?.targetNode !== node || isFinal(vmi) || vmi.metadata.deletionTimestamp !== undefined) return;
    const there = this.#launchers.on(node, vmi.metadata.uid);
    const launcher = there?.pod.metadata.name === state.targetPod ? there : undefined;
    if (state.endTimestamp !== undefined && state.completed === true) this.#finish(vmi, launcher);
    else if (vmi.status.nodeName === node) this.#confirm(vmi);
    else if (state["targetNodeAddress"] === undefined) this.#prepare(vmi, launcher);
    else if (launcher?.arrived === true) this.#adopt(vmi);
    else if (launcher !== undefined) this.#tellDomain(vmi, launcher);
  }

  /** What is seen here of the guest's domain, while it is on its way. */
  #tellDomain(vmi: VirtualMachineInstance, { domain, incoming }: Launcher): void {
    const runs = domain?.hasGuest === true;
    if (!incoming && !runs) return;
    this.#write(vmi, ({ status }) => {
      status.migrationState!["targetNodeDomainDetected"] = true;
      if (runs) status.migrationState!["targetNodeDomainReadyTimestamp"] ??= this.#world.clock.stamp();
    });
  }

  /** It is over: where it failed the launcher here has nothing left to do, and the VMI is on its way here no more. */
  #finish(vmi: VirtualMachineInstance, launcher: Launcher | undefined): void {
    if (vmi.status.migrationState!.failed === true) launcher?.cleanUp();
    const { namespace, name, uid } = vmi.metadata;
    this.#world.store.mutate<VirtualMachineInstance>(resource, namespace, name, ({ metadata }) => {
      if (metadata.uid === uid) delete metadata.labels?.[labels.migrationTarget];
    });
  }

  /** Every write to a VMI passes a webhook of virt-api's. */
  #canWrite(): boolean {
    return this.#world.reachesApi(this.#machine.node) && this.#world.up("virt-api");
  }

  #prepare(vmi: VirtualMachineInstance, launcher: Launcher | undefined): void {
    const { uid } = vmi.metadata;
    const migration = vmi.status.migrationState!.migrationUid ?? "";
    if (this.#busy.has(migration)) return;
    if (launcher?.ready !== true) {
      const message = `unable to create virt-launcher client connection: No command socket found for vmi ${uid}`;
      this.#event(vmi, "Warning", "SyncFailed", message);
      return this.#enqueue(uid, this.#retries.next(migration));
    }
    this.#retries.forget(migration);
    this.#busy.add(migration);
    this.#machine.schedule(this.#draw("prepare", 200, 900), () => {
      this.#busy.delete(migration);
      if (!this.#runs() || !this.#canWrite()) return this.#enqueue(uid, this.#retries.next(uid));
      const address = this.#address();
      const virtual: number[] = [libvirtPorts.control, libvirtPorts.memory];
      if (migrationMethod(vmi) === "BlockMigration") virtual.push(libvirtPorts.disks);
      const ports = virtual.map((port) => [String(this.#freePort(migration, port)), port] as const);
      this.#event(vmi, "Normal", "PreparingTarget", "VirtualMachineInstance Migration Target Prepared.");
      const listening = `Migration Target is listening at ${address}, on ports: ${ports.map(([port]) => port).join(",")}`;
      this.#event(vmi, "Normal", "PreparingTarget", listening);
      this.#write(vmi, ({ status }) => {
        status.migrationState!["targetNodeAddress"] = address;
        status.migrationState!["targetDirectMigrationNodePorts"] = Object.fromEntries(ports);
      });
    });
  }

  /** The guest runs here: all at once, so that nobody sees half of it. */
  #adopt(vmi: VirtualMachineInstance): void {
    const { node } = this.#machine;
    const now = this.#world.clock.stamp();
    this.#event(vmi, "Normal", "Migrated", `The VirtualMachineInstance migrated to node ${node}.`);
    this.#write(vmi, ({ metadata, status }) => {
      metadata.labels = { ...metadata.labels, [labels.nodeName]: node };
      if (metadata.annotations !== undefined) delete metadata.annotations[annotations.evictionSource];
      status.nodeName = node;
      delete status.evacuationNodeName;
      delete status["launcherContainerImageVersion"];
      const state = status.migrationState!;
      state.startTimestamp ??= now;
      state.endTimestamp = now;
      state["targetNodeDomainDetected"] = true;
      state["targetNodeDomainReadyTimestamp"] ??= now;
    });
  }

  #confirm(vmi: VirtualMachineInstance): void {
    const { node } = this.#machine;
    const migration = vmi.status.migrationState!.migrationUid ?? "";
    if (this.#busy.has(migration)) return;
    this.#busy.add(migration);
    this.#machine.schedule(this.#draw("confirm", 100, 1_000), () => {
      this.#busy.delete(migration);
      if (!this.#runs() || !this.#canWrite()) return this.#enqueue(vmi.metadata.uid, 0);
      this.#event(vmi, "Normal", "Migrated", `The VirtualMachineInstance migrated to node ${node}.`);
      this.#write(vmi, (draft) => {
        plugIn(draft);
        draft.status.migrationState!.completed = true;
      });
    });
  }

  #write({ metadata, status }: VirtualMachineInstance, change: (draft: VirtualMachineInstance) => void): void {
    const { namespace, name, uid } = metadata;
    this.#world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
      const current = draft.status.migrationState;
      if (draft.metadata.uid !== uid || current?.migrationUid !== status.migrationState?.migrationUid) return;
      if (current !== undefined && current.completed !== true) change(draft);
    });
  }

  /** This virt-handler's own address: it passes the copy on. */
  #address(): string {
    const { namespace, name } = this.#pod.metadata;
    return this.#world.store.get<Pod>("pods", namespace, name)?.status.podIP ?? "";
  }

  #freePort(migration: string, purpose: number): number {
    return Math.floor(this.#world.random.between(32_768, 49_152, migration, "port", purpose));
  }

  #event(vmi: VirtualMachineInstance, type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#world, vmi, type, reason, message, "virt-handler", this.#machine.node);
  }

  #draw(purpose: string, low: number, high: number): number {
    return this.#world.random.between(low, high, this.#pod.metadata.uid, "target", purpose, this.#draws++);
  }
}

/** Where a guest has come to, it gets what sockets and memory it was promised (migration-target.go: finalizeMigration). */
function plugIn({ spec, status }: VirtualMachineInstance): void {
  const asked = (type: string): boolean => status.conditions?.some((one) => one.type === type) === true;
  if (asked("HotVCPUChange")) {
    const { cores, sockets, threads } = spec.domain.cpu ?? {};
    status["currentCPUTopology"] = { cores, sockets, threads };
    status.conditions = withoutCondition(status.conditions, "HotVCPUChange");
  }
  if (!asked("HotMemoryChange")) return;
  const guest = spec.domain.memory?.guest;
  status["memory"] = { ...(status["memory"] as object | undefined), guestRequested: guest, guestCurrent: guest };
  status.conditions = withoutCondition(status.conditions, "HotMemoryChange");
}
