import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { isFinal } from "../instance/phase.ts";
import { isPodFinal, isPodUp } from "../instance/pods.ts";

/** What a migration's next phase is read from. */
export interface MigrationFacts {
  migration: VirtualMachineInstanceMigration;
  vmi: VirtualMachineInstance;
  target: Pod | undefined;
  /** Whether the VMI is in the hands of another migration. */
  rivalled: boolean;
}

/** A step of a migration: the phase it enters, and what is said of it. */
export interface Step {
  phase: string;
  /** Why it failed, or who says that it succeeded. */
  message?: string;
}

const withoutTarget = ["", "Pending"];
const handedOver = ["PreparingTarget", "TargetReady", "Running"];

/** Where the migration goes from here, if anywhere (watch/migration/migration.go: updateStatus). */
export function nextStep(facts: MigrationFacts): Step | undefined {
  const failure = failureOf(facts);
  return failure === undefined ? progressOf(facts) : { phase: "Failed", message: failure };
}

/** Whether the VMI's migration state is this migration's: virt-handler has it in hand. */
export function isHandedOver(migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): boolean {
  return vmi.status.migrationState?.migrationUid === migration.metadata.uid;
}

function failureOf({ migration, vmi, target, rivalled }: MigrationFacts): string | undefined {
  const phase = migration.status?.phase ?? "";
  if (isFinal(vmi)) return "Migration failed vmi shutdown during migration.";
  const handed = isHandedOver(migration, vmi);
  if (migration.metadata.deletionTimestamp !== undefined && !handed) {
    return "Migration failed due to being canceled";
  }
  if (target !== undefined && isPodFinal(target)) {
    return "Migration failed because target pod shutdown during migration";
  }
  if (target === undefined && !withoutTarget.includes(phase)) {
    return "Migration target pod was removed during active migration.";
  }
  const state = vmi.status.migrationState;
  if (handedOver.includes(phase) && !handed) {
    return state === undefined
      ? "VMI's migration state was cleared during the active migration."
      : "VMI's migration state was taken over by another migration job during active migration.";
  }
  if (handed && state?.failed === true) return "source node reported migration failed";
  return phase === "" && rivalled
    ? "VMI is not eligible for migration because another migration job is in progress."
    : undefined;
}

function progressOf({ migration, vmi, target }: MigrationFacts): Step | undefined {
  const state = isHandedOver(migration, vmi) ? vmi.status.migrationState : undefined;
  switch (migration.status?.phase ?? "") {
    case "":
      return { phase: "Pending" };
    case "Pending":
      return target && { phase: "Scheduling" };
    case "Scheduling":
      return isPodUp(target!) ? { phase: "Scheduled" } : undefined;
    case "Scheduled":
      return state && { phase: "PreparingTarget" };
    case "PreparingTarget":
      return state?.["targetNodeAddress"] === undefined ? undefined : { phase: "TargetReady" };
    case "TargetReady":
      return state?.startTimestamp === undefined ? undefined : { phase: "Running" };
    case "Running":
      return state?.completed === true
        ? { phase: "Succeeded", message: "Source node reported migration succeeded" }
        : undefined;
    default:
      return undefined;
  }
}
