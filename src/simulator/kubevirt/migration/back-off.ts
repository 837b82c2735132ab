import type { VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { annotations } from "../names.ts";

/** Whether a controller made it to get the VMI off a node: such migrations are tried again and again. */
function isEvacuation({ metadata }: VirtualMachineInstanceMigration): boolean {
  return metadata.annotations?.[annotations.evacuationMigration] !== undefined;
}

/**
 * How long an evacuation waits after those that failed since the last one that did not, in milliseconds
 * (watch/migration/migration.go: handleMigrationBackoff).
 * @param earlier the VMI's other migrations, oldest first; `nowMs` calendar time.
 */
export function backOffMs(
  migration: VirtualMachineInstanceMigration,
  earlier: VirtualMachineInstanceMigration[],
  seconds: number,
  nowMs: number,
): number {
  if (!isEvacuation(migration)) return 0;
  const tried = earlier.filter(isEvacuation);
  const failed = tried.slice(tried.findLastIndex(({ status }) => status.phase !== "Failed") + 1);
  const last = failed.at(-1)?.status.phaseTransitionTimestamps?.find(({ phase }) => phase === "Failed");
  if (last === undefined) return 0;
  return Date.parse(last.phaseTransitionTimestamp) + seconds * 1000 * 2 ** (failed.length - 1) - nowMs;
}
