import { valueAt } from "../observe/history.ts";
import type { SubjectTimeline } from "../observe/timeline.ts";
import { isFinal } from "./aim.ts";
import { incarnationAt, isLive } from "./serving.ts";

/**
 * Whether anything wants the VM or VMI to run at an instant: its run strategy, a start that was requested and not
 * yet carried out, or, where neither will start it again, that it runs and nobody asked it to stop
 * (kubevirt v1.9.0, pkg/virt-controller/watch/vm/vm.go, syncRunStrategy).
 */
export function isWantedUp(subject: SubjectTimeline, ms: number): boolean {
  const vmi = valueAt(incarnationAt(subject, ms)?.states ?? [], ms);
  const runs = isLive(vmi) && vmi?.deleting !== true;
  if (subject.kind === "VirtualMachineInstance") return runs;

  const vm = valueAt(subject.vm, ms);
  if (vm === undefined || !vm.exists || vm.deleting) return false;
  switch (vm.runStrategy) {
    case "Always":
      return true;
    case "Halted":
      return false;
    case "Manual":
      return vm.startRequested || (runs && !vm.stopRequested);
    case "RerunOnFailure": {
      const neverRan = vmi?.exists !== true && vm.actedOn !== "RerunOnFailure";
      const failed = vmi?.exists === true && vmi.phase === "Failed" && !vmi.deleting;
      return vm.startRequested || neverRan || failed || (runs && !vm.stopRequested);
    }
    case "Once":
      // Only the VMI's absence makes it start; a final one that stays blocks another run.
      return vmi?.exists !== true || vmi.deleting || !isFinal(vmi.phase);
    case "WaitAsReceiver":
      return runs;
  }
}
