import type { Condition, RunStrategy, VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { withCondition, withoutCondition } from "../conditions.ts";
import { annotations } from "../names.ts";
import type { SyncError } from "../sync-error.ts";

/** Writes the VM's status as the VMI and this pass leave it (watch/vm/vm.go: updateStatus); `draft` is changed. */
export function describe(
  draft: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  strategy: RunStrategy,
  error: SyncError | undefined,
  now: string,
): void {
  const { status } = draft;
  setOrDrop(status, "created", vmi !== undefined || undefined);
  setOrDrop(status, "ready", condition(vmi, "Ready")?.status === "True" || undefined);
  if (vmi !== undefined || status.runStrategy !== undefined) status.runStrategy = strategy;
  if (vmi !== undefined) {
    status["observedGeneration"] = Number(vmi.metadata.annotations?.[annotations.vmGeneration] ?? 1);
    status["desiredGeneration"] = draft.metadata.generation ?? 1;
  }
  status.conditions = withCondition(mirrored(status.conditions, vmi), readyOf(vmi, now));
  status.conditions =
    error === undefined
      ? withoutCondition(status.conditions, "Failure")
      : withCondition(status.conditions, {
          lastProbeTime: null,
          lastTransitionTime: now,
          message: error.message,
          reason: error.reason,
          status: "True",
          type: "Failure",
        });
}

/** Says that the VM has to be restarted for what is new in its template, or (null) that it has not; `draft` is changed. */
export function describeRestart({ status }: VirtualMachine, message: string | null | undefined, now: string): void {
  if (message === null) status.conditions = withoutCondition(status.conditions, "RestartRequired");
  else if (message !== undefined) {
    status.conditions = withCondition(status.conditions, {
      lastProbeTime: null,
      lastTransitionTime: now,
      message,
      status: "True",
      type: "RestartRequired",
    });
  }
}

/** The VMI's conditions shown on the VM; those of a VMI that is gone stay as last seen. */
function mirrored(conditions: Condition[] | undefined, vmi: VirtualMachineInstance | undefined): Condition[] {
  if (vmi === undefined) return conditions ?? [];
  const ofVm = (conditions ?? []).filter(({ type }) => own.includes(type));
  return [...ofVm, ...(vmi.status.conditions ?? []).filter(({ type }) => type !== "Ready")];
}

const own: readonly string[] = ["Ready", "Failure", "RestartRequired", "ManualRecoveryRequired"];

function readyOf(vmi: VirtualMachineInstance | undefined, now: string): Condition {
  const missing = (reason: string, message: string): Condition => ({
    lastProbeTime: now,
    lastTransitionTime: now,
    message,
    reason,
    status: "False",
    type: "Ready",
  });
  if (vmi === undefined) return missing("VMINotExists", "VMI does not exist");
  return condition(vmi, "Ready") ?? missing("VMIConditionMissing", "VMI is missing the Ready condition");
}

/** Sets a field, or removes it: the API leaves out what is false or empty. */
export function setOrDrop<T extends object, K extends keyof T>(object: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete object[key];
  else object[key] = value;
}
