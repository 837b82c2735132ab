import type { RunStrategy, VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import { isFinal } from "../instance/phase.ts";

type Requests = NonNullable<VirtualMachine["status"]["stateChangeRequests"]>;

/** What one pass of the VM controller does about the VMI. */
export type Action =
  | { do: "nothing" }
  | { do: "create" }
  /** `thenStart`: leave a Start request behind, for the pass that sees the VMI gone. */
  | { do: "delete"; thenStart: boolean }
  /** A Halted VM told to start becomes one that always runs. */
  | { do: "become-always" };

/** The strategy in force (api/core/v1: RunStrategy); `running` is the older way to say Always or Halted. */
export function runStrategyOf(vm: VirtualMachine): RunStrategy {
  return vm.spec.runStrategy ?? (vm.spec.running === true ? "Always" : "Halted");
}

/** What the run strategy demands now (watch/vm/vm.go: syncRunStrategy). */
export function actionFor(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): Action {
  const requests = vm.status?.stateChangeRequests ?? [];
  const strategy = runStrategyOf(vm);
  switch (strategy) {
    case "Always":
      if (vmi === undefined) return { do: "create" };
      return hasStopRequest(requests, vmi) || isFinal(vmi) ? { do: "delete", thenStart: false } : { do: "nothing" };
    case "RerunOnFailure": {
      if (vmi === undefined) {
        const fresh = vm.status?.runStrategy !== strategy;
        return hasStartRequest(requests) || fresh ? { do: "create" } : { do: "nothing" };
      }
      if (vmi.metadata.deletionTimestamp !== undefined) return { do: "nothing" };
      if (!hasStopRequest(requests, vmi) && !isFinal(vmi)) return { do: "nothing" };
      return { do: "delete", thenStart: vmi.status.phase === "Failed" };
    }
    case "Manual":
      if (vmi === undefined) return hasStartRequest(requests) ? { do: "create" } : { do: "nothing" };
      return hasStopRequest(requests, vmi) ? { do: "delete", thenStart: false } : { do: "nothing" };
    case "Halted":
      if (vmi !== undefined) return { do: "delete", thenStart: false };
      return hasStartRequest(requests) ? { do: "become-always" } : { do: "nothing" };
    case "Once":
      return vmi === undefined ? { do: "create" } : { do: "nothing" };
    case "WaitAsReceiver":
      return { do: "nothing" };
  }
}

/** Whether the VM shall run now, or start (watch/vm/vm.go: isSetToStart). */
export function isSetToStart(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  strategy: RunStrategy,
): boolean {
  const requests = vm.status?.stateChangeRequests ?? [];
  switch (strategy) {
    case "Always":
      return true;
    case "RerunOnFailure":
      return vmi?.status.phase !== "Succeeded";
    case "Manual":
      return vmi === undefined ? hasStartRequest(requests) : !hasStopRequest(requests, vmi);
    case "Once":
      return vmi === undefined;
    default:
      return false;
  }
}

/** The requests without a first one that has been met (isTrimFirstChangeRequestNeeded); only the first is looked at. */
export function pendingRequests(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined): Requests {
  const requests = vm.status?.stateChangeRequests ?? [];
  const [first, ...rest] = requests;
  if (first === undefined) return [];
  if (first.action === "Stop") return vmi === undefined || vmi.metadata.uid !== first.uid ? rest : requests;
  const runs = vmi !== undefined && vmi.metadata.deletionTimestamp === undefined && !isFinal(vmi);
  return runs ? rest : requests;
}

function hasStopRequest([first]: Requests, vmi: VirtualMachineInstance): boolean {
  return first?.action === "Stop" && first.uid === vmi.metadata.uid;
}

function hasStartRequest([first]: Requests): boolean {
  return first?.action === "Start";
}
