import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { isPodFinal } from "../instance/pods.ts";

export const migrationResource = "virtualmachineinstancemigrations";

/** Whether the migration has ended, well or not. */
export function isOver(migration: VirtualMachineInstanceMigration): boolean {
  const phase = migration.status?.phase;
  return phase === "Succeeded" || phase === "Failed";
}

/** Whether it has its target pod already, and is not over (api/core/v1: IsRunning). */
export function isUnderWay(migration: VirtualMachineInstanceMigration): boolean {
  return !["", "Pending", "Succeeded", "Failed"].includes(migration.status?.phase ?? "");
}

/** The migrations of each VMI, and those that are not over, without a scan of all there are. */
export class Migrations {
  readonly #world: World;
  /** Names by `namespace/vmiName`, oldest first. */
  readonly #byInstance = new Map<string, Set<string>>();
  /** Keys (`namespace/name`) of those that are not over. */
  readonly #unfinished = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    world.store.subscribe(({ resource, verb, object }) => {
      if (resource !== migrationResource) return;
      const migration = object as VirtualMachineInstanceMigration;
      const { namespace, name } = migration.metadata;
      const owner = `${namespace}/${migration.spec.vmiName}`;
      const names = this.#byInstance.get(owner) ?? new Set();
      if (verb === "DELETED") names.delete(name);
      else names.add(name);
      if (names.size === 0) this.#byInstance.delete(owner);
      else this.#byInstance.set(owner, names);
      if (verb === "DELETED" || isOver(migration)) this.#unfinished.delete(`${namespace}/${name}`);
      else this.#unfinished.add(`${namespace}/${name}`);
    });
  }

  /** All migrations of the VMI of that name, oldest first. */
  of(namespace: string | undefined, vmiName: string): VirtualMachineInstanceMigration[] {
    return [...(this.#byInstance.get(`${namespace}/${vmiName}`) ?? [])].flatMap(
      (name) => this.#world.store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name) ?? [],
    );
  }

  /** Those of them that are not over. */
  unfinishedOf(namespace: string | undefined, vmiName: string): VirtualMachineInstanceMigration[] {
    return this.of(namespace, vmiName).filter((migration) => !isOver(migration));
  }

  /** All that are not over. */
  unfinished(): VirtualMachineInstanceMigration[] {
    return [...this.#unfinished].map((key) => {
      const [namespace, name] = key.split("/") as [string, string];
      return this.#world.store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name)!;
    });
  }

  /**
   * For each migration that has a target pod and is not over, the nodes that its VMI is on or has left
   * (migration.go: findRunningMigrations, outboundMigrationsOnNode).
   */
  nodesUnderWay(): (string | undefined)[][] {
    return this.unfinished().flatMap((migration) => {
      const { metadata, spec } = migration;
      const vmi = this.#world.store.get<VirtualMachineInstance>(
        "virtualmachineinstances",
        metadata.namespace,
        spec.vmiName,
      );
      const target = vmi && targetPodOf(this.#world, migration, vmi);
      if (!isUnderWay(migration) && target === undefined) return [];
      return [[vmi?.status.nodeName, vmi?.status.migrationState?.sourceNode]];
    });
  }
}

/** The pod that the migration made for the VMI to move to. */
export function targetPodOf(world: World, { metadata }: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance) {
  return world.index
    .podsOwnedBy(vmi.metadata.uid)
    .find((pod) => pod.metadata.labels?.["kubevirt.io/migrationJobUID"] === metadata.uid);
}

/** How many pods of the VMI have not ended (controller: VMIActivePodsCount). */
export function activePods(world: World, vmi: VirtualMachineInstance): number {
  return world.index.podsOwnedBy(vmi.metadata.uid).filter((pod) => !isPodFinal(pod)).length;
}
