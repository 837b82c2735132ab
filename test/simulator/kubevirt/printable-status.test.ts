import assert from "node:assert/strict";
import type { Condition, VirtualMachine, VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { printableStatus, type StatusFacts } from "../../../src/simulator/kubevirt/virtual-machine/printable-status.ts";

const metadata = { name: "vm", namespace: "lab", uid: "1", resourceVersion: "1", creationTimestamp: "" };
const marked = { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };

function vm(deleted = false): VirtualMachine {
  return { apiVersion: "", kind: "", metadata: deleted ? marked : metadata, spec: {} as never, status: {} };
}

function vmi(
  phase: string,
  conditions: [string, Condition["status"], string][] = [],
  rest: object = {},
  deleted = false,
) {
  return {
    apiVersion: "",
    kind: "",
    metadata: deleted ? marked : metadata,
    spec: {} as never,
    status: {
      phase,
      conditions: conditions.map(([type, status, reason]) => ({ type, status, reason })),
      ...rest,
    },
  } as VirtualMachineInstance;
}

const startFailure = { consecutiveFailCount: 1, lastFailedVMIUID: "0", retryAfterTimestamp: "2026-01-01T00:00:00Z" };
const none: StatusFacts = {
  vm: vm(),
  vmi: undefined,
  strategy: "Always",
  startFailure: undefined,
  sent: undefined,
  dataVolumes: "ready",
  unboundClaim: false,
};
const migrating = { migrationState: { startTimestamp: "2026-01-01T00:00:00Z" } };
const unscheduled: [string, Condition["status"], string] = ["PodScheduled", "False", "Unschedulable"];
const unsynchronised = (reason: string): [string, Condition["status"], string] => ["Synchronized", "False", reason];

/** Each set of facts would also fit statuses further down. */
const cases: [status: string, facts: Partial<StatusFacts>][] = [
  ["Terminating", { vm: vm(true), vmi: vmi("Running", [], {}, true) }],
  ["Stopping", { vmi: vmi("Running", [], migrating, true) }],
  ["Stopping", { vmi: vmi("Running"), sent: "delete" }],
  ["Migrating", { vmi: vmi("Running", [["Paused", "True", ""]], migrating) }],
  ["Paused", { vmi: vmi("Running", [["Paused", "True", ""]]) }],
  ["Running", { vmi: vmi("Running", [["Ready", "False", "PodTerminating"]]) }],
  ["ErrorPvcNotFound", { vmi: vmi("Pending", [unsynchronised("FailedPvcNotFound")]), dataVolumes: "failed" }],
  ["DataVolumeError", { vmi: vmi("Pending", [unscheduled]), dataVolumes: "failed" }],
  ["ErrorUnschedulable", { vmi: vmi("Scheduling", [unscheduled]), dataVolumes: "importing" }],
  ["Provisioning", { vmi: vmi("Pending"), dataVolumes: "importing", unboundClaim: true }],
  ["WaitingForVolumeBinding", { vmi: vmi("Scheduling"), unboundClaim: true }],
  ["ErrImagePull", { vmi: vmi("Scheduling", [unsynchronised("ErrImagePull")]) }],
  ["ImagePullBackOff", { vmi: vmi("Scheduling", [unsynchronised("ImagePullBackOff")]) }],
  ["Starting", { sent: "create" }],
  ["Starting", { vmi: vmi("Scheduled") }],
  ["CrashLoopBackOff", { vmi: vmi("Failed"), startFailure }],
  ["CrashLoopBackOff", { strategy: "Once", startFailure }],
  ["Stopped", { strategy: "Manual", startFailure }],
  ["Stopped", { vmi: vmi("Failed", [], {}, true), sent: "delete" }],
  ["Stopped", { strategy: "Halted" }],
];

describe("the printed status of a VM", () => {
  for (const [status, facts] of cases) {
    const { vmi: present, ...others } = facts;
    const phase = present?.status.phase ?? "no VMI";
    it(`is ${status} with ${phase} and ${Object.keys(others).join(", ") || "nothing else"}`, () => {
      assert.equal(printableStatus({ ...none, ...facts }), status);
    });
  }
});
