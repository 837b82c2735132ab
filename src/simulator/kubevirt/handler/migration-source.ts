import type { MigrationState, VirtualMachineInstance } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { SimulatedMachine } from "../../node/machine.ts";
import type { World } from "../../world.ts";
import type { MigrationConfiguration } from "../configuration.ts";
import type { Launcher } from "../launcher/launcher.ts";
import type { Launchers } from "../launcher/launchers.ts";

const resource = "virtualmachineinstances";

/**
 * virt-handler's part on the node that a VMI leaves (virt-handler/migration-source.go): has the launcher copy the
 * domain once the target is ready, and tells the API how that goes.
 */
export class MigrationSource {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #launchers: Launchers;
  /** Launchers whose guest has gone on elsewhere, as far as this is dealt with. */
  readonly #departed = new WeakSet<Launcher>();
  readonly #answers: (node: string) => boolean;

  /** @param answers whether the virt-handler of a node is there to pass the copy on. */
  constructor(world: World, machine: SimulatedMachine, launchers: Launchers, answers: (node: string) => boolean) {
    this.#world = world;
    this.#machine = machine;
    this.#launchers = launchers;
    this.#answers = answers;
  }

  /** Does what the VMI's migration asks of its source, and reports what came of it. */
  sync(vmi: VirtualMachineInstance, launcher: Launcher): void {
    const state = vmi.status.migrationState;
    if (state === undefined || state.sourceNode !== this.#machine.node) return;
    if (vmi.status.nodeName !== this.#machine.node || vmi.metadata.deletionTimestamp !== undefined) return;
    if (!this.#world.reachesApi(this.#machine.node)) return;
    const copy = launcher.copy?.uid === state.migrationUid ? launcher.copy : undefined;
    if (state.completed === true) {
      if (state.failed === true) copy?.abort();
      return;
    }
    if (copy === undefined) {
      if (state["targetNodeAddress"] !== undefined && state.startTimestamp === undefined) this.#start(vmi, launcher);
      return;
    }
    if (state.abortRequested === true && !copy.aborting) {
      this.#event(vmi, "Normal", "Migrating", "VirtualMachineInstance is aborting migration.");
      copy.abort();
    }
    // Every write to a VMI passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return;
    const now = this.#world.clock.stamp();
    if (state.startTimestamp === undefined || state.mode !== copy.mode) {
      this.#write(vmi, (draft) => {
        draft.mode = copy.mode;
        draft.startTimestamp ??= now;
      });
    }
    if (copy.result !== "failed") return;
    const reason = copy.failureReason ?? "";
    this.#write(vmi, (draft) => {
      draft.startTimestamp ??= now;
      draft.endTimestamp ??= now;
      draft.completed = true;
      draft.failed = true;
      draft.failureReason = reason;
      if (copy.aborting && copy.mode !== "PostCopy") draft.abortStatus = "Succeeded";
    });
    const message = `VirtualMachineInstance migration uid ${copy.uid} failed. reason:${reason}`;
    this.#event(vmi, "Warning", "Migrated", message);
  }

  /** The guest has gone on elsewhere, which is the target's to say: the domain is removed here. */
  left(launcher: Launcher): void {
    if (this.#departed.has(launcher)) return;
    this.#departed.add(launcher);
    this.#event(launcher.domain!.guest.vmi, "Normal", "Deleted", "Signaled Deletion");
    launcher.finalStateTaken();
  }

  #start(vmi: VirtualMachineInstance, launcher: Launcher): void {
    if (launcher.domain?.live !== true) return;
    const { targetNode = "", targetPod, migrationUid = "", migrationConfiguration } = vmi.status.migrationState!;
    const there = this.#answers(targetNode) ? this.#launchers.on(targetNode, vmi.metadata.uid) : undefined;
    const target = there?.pod.metadata.name === targetPod ? there : undefined;
    this.#event(vmi, "Normal", "Migrating", "VirtualMachineInstance is migrating.");
    launcher.migrate({
      uid: migrationUid,
      target,
      configuration: migrationConfiguration as MigrationConfiguration,
    });
  }

  #write(
    { metadata: { namespace, name, uid }, status }: VirtualMachineInstance,
    change: (draft: MigrationState) => void,
  ) {
    this.#world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
      const current = draft.status.migrationState;
      if (draft.metadata.uid !== uid || current?.migrationUid !== status.migrationState?.migrationUid) return;
      if (current !== undefined && current.completed !== true) change(current);
    });
  }

  #event(vmi: VirtualMachineInstance, type: "Normal" | "Warning", reason: string, message: string): void {
    const { node } = this.#machine;
    if (this.#world.reachesApi(node)) recordEvent(this.#world, vmi, type, reason, message, "virt-handler", node);
  }
}
