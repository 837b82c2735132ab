import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import { same } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { isPodFinal } from "../instance/pods.ts";
import { finalizers, labels } from "../names.ts";
import { isOver, migrationResource, type Migrations } from "./migrations.ts";
import { isHandedOver } from "./phase.ts";

const instances = "virtualmachineinstances";

/** Writes down what came of a migration, lets go of it, and clears away what is old. */
export function finish(
  world: World,
  migrations: Migrations,
  migration: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance | undefined,
): void {
  const { store } = world;
  const { namespace, name } = migration.metadata;
  const state = vmi !== undefined && isHandedOver(migration, vmi) ? vmi.status.migrationState : undefined;
  if (state !== undefined && state.endTimestamp === undefined && migration.status.phase === "Failed") {
    return markFailed(world, migration, vmi!);
  }
  const told = migration.status.migrationState;
  if (state !== undefined && !same({ ...told, ...state }, told)) {
    store.mutate<VirtualMachineInstanceMigration>(migrationResource, namespace, name, ({ status }) => {
      status.migrationState = { ...status.migrationState, ...state };
    });
    return;
  }
  if (state?.completed === true && vmi!.metadata.labels?.[labels.migrationTarget] !== undefined) {
    store.mutate(instances, namespace, vmi!.metadata.name, ({ metadata }) => {
      delete metadata.labels?.[labels.migrationTarget];
    });
  }
  if (migration.metadata.finalizers?.includes(finalizers.migration)) {
    store.mutate(migrationResource, namespace, name, ({ metadata }) => {
      const others = (metadata.finalizers ?? []).filter((one) => one !== finalizers.migration);
      if (others.length > 0) metadata.finalizers = others;
      else delete metadata.finalizers;
    });
  }
  if (vmi !== undefined) clearOld(world, migrations, vmi);
}

/** Closes the VMI's state where its migration has failed and no virt-handler will say so: the target pod has ended. */
export function markFailed(
  world: World,
  { metadata: { uid } }: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance,
): void {
  if (vmi.status.migrationState?.migrationUid !== uid || vmi.status.migrationState.endTimestamp !== undefined) return;
  const now = world.clock.stamp();
  world.store.mutate<VirtualMachineInstance>(instances, vmi.metadata.namespace, vmi.metadata.name, (draft) => {
    const state = draft.status.migrationState!;
    state.startTimestamp ??= now;
    state.endTimestamp = now;
    state.completed = true;
    state.failed = true;
    state.failureReason = "Target pod is down";
  });
  const message = `VirtualMachineInstance migration uid ${uid} failed. reason: Target pod is down`;
  recordEvent(world, vmi, "Warning", "FailedMigration", message, "virtualmachine-controller");
}

/** Keeps the newest finished ones of the VMI; with an older one go the pods that ended with it. */
function clearOld(
  { store, settings, index }: World,
  migrations: Migrations,
  { metadata }: VirtualMachineInstance,
): void {
  const { namespace, name, uid } = metadata;
  const finished = migrations.of(namespace, name).filter(isOver);
  for (const old of finished.slice(0, Math.max(0, finished.length - settings.finishedMigrationsKept))) {
    store.delete(migrationResource, namespace, old.metadata.name);
    for (const pod of index.podsOwnedBy(uid)) {
      const ofIt =
        pod.metadata.labels?.[labels.migrationJobUid] === old.metadata.uid ||
        pod.metadata.name === old.status.migrationState?.sourcePod;
      if (ofIt && isPodFinal(pod)) store.delete("pods", namespace, pod.metadata.name);
    }
  }
}
