import type { VirtualMachineInstance, VmiPhase } from "../../../kube/objects.ts";

/** Whether the VMI has ended, well or not; it never runs again. */
export function isFinal(vmi: VirtualMachineInstance): boolean {
  return vmi.status.phase === "Succeeded" || vmi.status.phase === "Failed";
}

/** Whether virt-controller has yet to make its pod. */
export function isUnprocessed(vmi: VirtualMachineInstance): boolean {
  return (vmi.status.phase ?? "") === "" || vmi.status.phase === "Pending";
}

/** Whether the VMI is virt-handler's: virt-controller has handed it over, and it has not ended. */
export function isHandlers({ status: { phase } }: VirtualMachineInstance): boolean {
  return phase === "Scheduled" || phase === "Running";
}

/** Enters a phase in a draft, with its time where it is the first of its kind (controller: SetVMIPhaseTransitionTimestamp). */
export function enterPhase(draft: VirtualMachineInstance, phase: VmiPhase, stamp: string): void {
  if (draft.status.phase === phase) return;
  draft.status.phase = phase;
  const timestamps = (draft.status.phaseTransitionTimestamps ??= []);
  if (!timestamps.some((one) => one.phase === phase)) {
    timestamps.push({ phase, phaseTransitionTimestamp: stamp });
  }
}
