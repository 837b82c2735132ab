import type { RunStrategy, VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { isFinal } from "../instance/phase.ts";
import { isSetToStart } from "./run-strategy.ts";

/** What the printed status is read from. */
export interface StatusFacts {
  vm: VirtualMachine;
  vmi: VirtualMachineInstance | undefined;
  strategy: RunStrategy;
  startFailure: VirtualMachine["status"]["startFailure"];
  /** This pass has just sent the VMI's creation, or its deletion. */
  sent: "create" | "delete" | undefined;
  /** Where its DataVolumes stand. */
  dataVolumes: "ready" | "importing" | "failed";
  /** Whether some claim of its volumes is not bound. */
  unboundClaim: boolean;
}

/** The VM's `printableStatus`: the first that applies (watch/vm/vm.go: setPrintableStatus). */
export function printableStatus(facts: StatusFacts): string {
  return order.find(([, applies]) => applies(facts))?.[0] ?? "Unknown";
}

const starting: readonly (string | undefined)[] = ["", "Pending", "Scheduling", "Scheduled"];

const order: [status: string, applies: (facts: StatusFacts) => boolean][] = [
  ["Terminating", ({ vm }) => vm.metadata.deletionTimestamp !== undefined],
  [
    "Stopping",
    ({ vmi, sent }) =>
      vmi !== undefined && !isFinal(vmi) && (vmi.metadata.deletionTimestamp !== undefined || sent === "delete"),
  ],
  [
    "Migrating",
    ({ vmi }) =>
      vmi?.status.migrationState?.startTimestamp !== undefined &&
      vmi.status.migrationState.endTimestamp === undefined &&
      !isFinal(vmi),
  ],
  ["Paused", ({ vmi }) => vmi?.status.phase === "Running" && condition(vmi, "Paused")?.status === "True"],
  ["Running", ({ vmi }) => vmi?.status.phase === "Running"],
  ["ErrorPvcNotFound", ({ vmi }) => unsynchronised(vmi) === "FailedPvcNotFound"],
  ["DataVolumeError", ({ dataVolumes }) => dataVolumes === "failed"],
  [
    "ErrorUnschedulable",
    ({ vmi }) => {
      const scheduled = condition(vmi, "PodScheduled");
      return scheduled?.status === "False" && scheduled.reason === "Unschedulable";
    },
  ],
  ["Provisioning", ({ dataVolumes }) => dataVolumes === "importing"],
  ["WaitingForVolumeBinding", ({ vm, vmi, strategy, unboundClaim }) => unboundClaim && isSetToStart(vm, vmi, strategy)],
  ["ErrImagePull", ({ vmi }) => unsynchronised(vmi) === "ErrImagePull"],
  ["ImagePullBackOff", ({ vmi }) => unsynchronised(vmi) === "ImagePullBackOff"],
  [
    "Starting",
    ({ vmi, sent }) => sent === "create" || (vmi !== undefined && starting.includes(vmi.status.phase ?? "")),
  ],
  [
    "CrashLoopBackOff",
    ({ vmi, strategy, startFailure }) =>
      (vmi === undefined || isFinal(vmi)) && startFailure !== undefined && wantsToRun(strategy),
  ],
  ["Stopped", ({ vmi }) => vmi === undefined || isFinal(vmi)],
];

function wantsToRun(strategy: RunStrategy): boolean {
  return strategy === "Always" || strategy === "RerunOnFailure" || strategy === "Once";
}

function unsynchronised(vmi: VirtualMachineInstance | undefined): string | undefined {
  const synchronized = condition(vmi, "Synchronized");
  return synchronized?.status === "False" ? synchronized.reason : undefined;
}
