import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import { same } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { finalizers } from "../names.ts";
import { isOver, migrationResource, type Migrations } from "./migrations.ts";
import { isHandedOver } from "./phase.ts";

const instances = "virtualmachineinstances";

/** Writes down what came of a migration and lets go of it. */
export function finish(world: World, migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): void {
  const { store } = world;
  const { namespace, name } = migration.metadata;
  const state = isHandedOver(migration, vmi) ? vmi.status.migrationState : undefined;
  const told = migration.status.migrationState;
  if (state !== undefined && !same({ ...told, ...state }, told)) {
    store.mutate<VirtualMachineInstanceMigration>(migrationResource, namespace, name, ({ status }) => {
      status.migrationState = { ...status.migrationState, ...state };
    });
  } else if (migration.metadata.finalizers?.includes(finalizers.migration)) {
    store.mutate(migrationResource, namespace, name, ({ metadata }) => {
      const others = (metadata.finalizers ?? []).filter((one) => one !== finalizers.migration);
      if (others.length > 0) metadata.finalizers = others;
      else delete metadata.finalizers;
    });
  }
}

/**
 * Closes the VMI's state where its migration has failed and no virt-handler will say so: the target pod has ended
 * (watch/migration/migration.go: handleMarkMigrationFailedOnVMI).
 */
export function markFailed(
  world: World,
  { metadata: { uid } }: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance,
): void {
  if (vmi.status.migrationState?.migrationUid !== uid) return;
  const now = world.clock.stamp();
  world.store.mutate<VirtualMachineInstance>(instances, vmi.metadata.namespace, vmi.metadata.name, (draft) => {
    const state = draft.status.migrationState!;
    state.startTimestamp ??= now;
    state.endTimestamp ??= now;
    state.completed = true;
    state.failed = true;
    state.failureReason ||= "Target pod is down";
  });
  const message = `VirtualMachineInstance migration uid ${uid} failed. reason: Target pod is down`;
  recordEvent(world, vmi, "Warning", "FailedMigration", message, "virtualmachine-controller");
}

/** Keeps the newest finished migrations of the VMI; with an older one goes the pod that nobody needs since (migration.go: garbageCollectFinalizedMigrations). */
export function clearOld(
  { store, settings }: World,
  migrations: Migrations,
  { metadata: { namespace, name } }: VirtualMachineInstance,
): void {
  const finished = migrations
    .of(namespace, name)
    .filter((one) => isOver(one) && one.metadata.deletionTimestamp === undefined);
  for (const old of finished.slice(0, Math.max(0, finished.length - settings.finishedMigrationsKept))) {
    const { failed, completed, targetPod, sourcePod } = old.status.migrationState ?? {};
    const pod = failed === true ? targetPod : completed === true ? sourcePod : undefined;
    store.delete(migrationResource, namespace, old.metadata.name);
    if (pod !== undefined && store.get("pods", namespace, pod) !== undefined) store.delete("pods", namespace, pod);
  }
}
