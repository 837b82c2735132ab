import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { World } from "../../world.ts";
import { annotations } from "../names.ts";

const source = "virtualmachine-controller";

/**
 * How long a target pod that has not started may still take, in milliseconds, NaN where it has
 * (watch/migration/migration.go: handlePendingPodTimeout).
 */
export function patienceMs(
  world: World,
  migration: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance,
  pod: Pod,
): number {
  const { settings, clock } = world;
  if (pod.status.phase !== "Pending") return NaN;
  const ageSeconds = (clock.wall().getTime() - Date.parse(pod.metadata.creationTimestamp)) / 1000;
  const given = (annotation: string, otherwise: number): number => {
    const said = Number(migration.metadata.annotations?.[annotation] ?? NaN);
    return Number.isFinite(said) ? said : otherwise;
  };
  let limit = given(annotations.migrationPendingTimeout, settings.pendingTargetSeconds);
  if (condition(pod, "PodScheduled")?.reason === "Unschedulable") {
    const { namespace, name } = vmi.metadata;
    const message = `Migration target pod for VMI [${namespace}/${name}] is currently unschedulable.`;
    recordEvent(world, migration, "Warning", "migrationTargetPodUnschedulable", message, source);
    limit = Math.min(limit, given(annotations.migrationUnschedulableTimeout, settings.unschedulableTargetSeconds));
  }
  return (limit - ageSeconds) * 1000;
}

/** Gives a migration's target pod up. */
export function dropTarget(
  world: World,
  migration: VirtualMachineInstanceMigration,
  { metadata: { namespace, name, uid, deletionTimestamp } }: Pod,
  why: "canceled" | "timed out",
): void {
  if (deletionTimestamp !== undefined) return;
  world.store.delete("pods", namespace, name, { preconditions: { uid } });
  const type = why === "canceled" ? "Normal" : "Warning";
  recordEvent(world, migration, type, "SuccessfulDelete", `Deleted migration target pod ${name}: ${why}`, source);
}
