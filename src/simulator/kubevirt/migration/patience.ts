import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { World } from "../../world.ts";
import { annotations } from "../names.ts";

const source = "virtualmachine-controller";

/**
 * Waits for a target pod that is pending, or gives it up; answers for how long it may still take, in milliseconds,
 * where it is waited for (watch/migration/migration.go: handlePendingPodTimeout).
 */
export function awaitTarget(
  world: World,
  migration: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance,
  pod: Pod,
): number | undefined {
  const { settings, clock } = world;
  const { namespace, name } = pod.metadata;
  if (pod.status.phase !== "Pending" || pod.metadata.deletionTimestamp !== undefined) return undefined;
  const ageSeconds = Math.floor((clock.wall().getTime() - Date.parse(pod.metadata.creationTimestamp)) / 1000);
  const given = (annotation: string, otherwise: number): number => {
    const said = Number(migration.metadata.annotations?.[annotation] ?? NaN);
    return Number.isInteger(said) ? said : otherwise;
  };
  let leftSeconds = given(annotations.migrationPendingTimeout, settings.pendingTargetSeconds) - ageSeconds;
  let why = "pending";
  if (condition(pod, "PodScheduled")?.reason === "Unschedulable") {
    const message = `Migration target pod for VMI [${namespace}/${vmi.metadata.name}] is currently unschedulable.`;
    recordEvent(world, migration, "Warning", "migrationTargetPodUnschedulable", message, source);
    const left = given(annotations.migrationUnschedulableTimeout, settings.unschedulableTargetSeconds) - ageSeconds;
    if (left <= leftSeconds) [leftSeconds, why] = [left, "unschedulable"];
  }
  if (leftSeconds > 0) return leftSeconds * 1000;
  dropTarget(world, migration, pod, `${why} pod ${namespace}/${name} timeout period exceeded`);
  return undefined;
}

/** Gives a migration's target pod up. */
export function dropTarget(world: World, migration: VirtualMachineInstanceMigration, pod: Pod, message: string): void {
  const { namespace, name, uid } = pod.metadata;
  world.store.delete("pods", namespace, name, { preconditions: { uid } });
  recordEvent(world, migration, "Normal", "SuccessfulDelete", message, source);
}
