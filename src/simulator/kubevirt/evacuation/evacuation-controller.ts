import type { Node, Taint, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import { defaultEvictionStrategy, migrationConfiguration } from "../configuration.ts";
import { createAdmitted, type NewObject } from "../create.ts";
import { isFinal } from "../instance/phase.ts";
import type { InstancesByNode } from "../instances-by-node.ts";
import { activePods, migrationResource, type Migrations } from "../migration/migrations.ts";
import { annotations, apiVersion } from "../names.ts";
import { Retries } from "../retries.ts";

const instances = "virtualmachineinstances";

/**
 * virt-controller's evacuation controller (watch/drain/evacuation/evacuation.go): makes a migration for every VMI that
 * is marked to leave its node, as often as it takes.
 */
export class EvacuationController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #instances: InstancesByNode;
  readonly #migrations: Migrations;
  readonly #retries = new Retries();

  constructor(world: World, placed: InstancesByNode, migrations: Migrations) {
    this.#world = world;
    this.#instances = placed;
    this.#migrations = migrations;
    this.#queue = new WorkQueue(world, "evacuation", "virt-controller", (node) => this.#reconcile(node));
    world.store.subscribe((change) => this.#observe(change));
  }

  /** Pods are not watched: what one holds back is looked at again with the next change of its VMI, its node or a migration. */
  #observe({ resource, object }: Change): void {
    const { namespace, name } = object.metadata;
    if (resource === "nodes" && this.#toLeave(name).length > 0) this.#queue.add(name);
    if (resource === instances) this.#instanceChanged(object as VirtualMachineInstance);
    if (resource !== migrationResource) return;
    const { vmiName } = (object as VirtualMachineInstanceMigration).spec;
    const vmi = this.#world.store.get<VirtualMachineInstance>(instances, namespace, vmiName);
    if (vmi !== undefined) this.#instanceChanged(vmi);
  }

  #instanceChanged({ status: { nodeName, evacuationNodeName } }: VirtualMachineInstance): void {
    if (nodeName === undefined) return;
    if (evacuationNodeName !== undefined || this.#drained(nodeName)) this.#queue.add(nodeName);
  }

  /** The VMIs that are to leave the node: all of one that is drained by taint, else those that are marked and do not move yet. */
  #toLeave(node: string): VirtualMachineInstance[] {
    const here = this.#instances.on(node);
    if (here.length === 0 || this.#drained(node)) return here;
    return here.filter(({ status: { evacuationNodeName, migrationState } }) => {
      const moves = migrationState?.startTimestamp !== undefined && migrationState.endTimestamp === undefined;
      return evacuationNodeName === node && !moves;
    });
  }

  /** Deprecated, and in force: a node with this taint is emptied without anyone's eviction. */
  #drained(name: string): boolean {
    const node = this.#world.store.get<Node>("nodes", undefined, name);
    const { nodeDrainTaintKey } = migrationConfiguration(this.#world);
    const drains = ({ key, effect }: Taint): boolean => key === nodeDrainTaintKey && effect === "NoSchedule";
    return node?.spec.taints?.some(drains) ?? false;
  }

  #reconcile(node: string): void {
    for (const vmi of this.#toLeave(node)) this.#evacuate(node, vmi);
  }

  #evacuate(node: string, vmi: VirtualMachineInstance): void {
    const { namespace, name, deletionTimestamp, annotations: said } = vmi.metadata;
    if (isFinal(vmi) || deletionTimestamp !== undefined || !this.#mayMove(vmi)) return;
    if (this.#migrations.unfinishedOf(namespace, name).length > 0 || activePods(this.#world, vmi) > 1) return;
    const byDescheduler = said?.[annotations.evictionSource] === "descheduler";
    const migration: NewObject<VirtualMachineInstanceMigration> = {
      apiVersion,
      kind: "VirtualMachineInstanceMigration",
      metadata: {
        annotations: { [annotations.evacuationMigration]: node },
        generateName: "kubevirt-evacuation-",
        ...(namespace !== undefined && { namespace }),
      },
      spec: { priority: byDescheduler ? "system-maintenance" : "system-critical", vmiName: name },
      status: {},
    };
    try {
      const created = createAdmitted<VirtualMachineInstanceMigration>(this.#world, migrationResource, migration);
      this.#retries.forget(node);
      this.#event(vmi, "Normal", "SuccessfulCreate", `Created Migration ${created.metadata.name}`);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#event(vmi, "Warning", "FailedCreate", `Error creating a Migration: ${error.message}`);
      this.#queue.add(node, this.#retries.next(node));
    }
  }

  /** Whether it is this controller's to move it: what is evicted by someone else's hand is left to them. */
  #mayMove(vmi: VirtualMachineInstance): boolean {
    const strategy = vmi.spec.evictionStrategy ?? defaultEvictionStrategy(this.#world);
    if (strategy !== "LiveMigrate" && strategy !== "LiveMigrateIfPossible") return false;
    return condition(vmi, "LiveMigratable")?.status === "True";
  }

  #event(vmi: VirtualMachineInstance, type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#world, vmi, type, reason, message, "evacuation-controller");
  }
}
