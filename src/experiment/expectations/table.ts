import type { Outcome } from "../plan.ts";
import type { Situation, Way } from "./situation.ts";
import * as times from "./times.ts";

/** One cause, and what the platform is documented to make of a VM that runs in each way. */
export interface Row {
  id: string;
  /** Where that is documented: functions of KubeVirt 1.9.0, controllers of Kubernetes 1.36.2. */
  source: string;
  fault: string;
  /** Those of the fault's parameters that matter. */
  parameters?: Record<string, unknown>;
  phase: string;
  /** A further condition. */
  when?(situation: Situation): boolean;
  outcomes: Partial<Record<Way, Outcome>>;
  /** What the platform waits for before it wants a new VMI, or before the old one is good again. */
  waits(situation: Situation): times.Wait;
}

/** The VMI ended Failed, as after a crash. */
const afterFailure = {
  Always: "restarted",
  RerunOnFailure: "restarted",
  Manual: "stopped",
  Once: "stopped",
  bare: "stopped",
  replicaSet: "restarted",
} as const;

/** The VMI ended Succeeded, which RerunOnFailure takes for an end that was wanted. */
const afterShutdown = { ...afterFailure, RerunOnFailure: "stopped" } as const;

const allStuck = {
  Always: "stuck",
  RerunOnFailure: "stuck",
  Manual: "stuck",
  Once: "stuck",
  bare: "stuck",
  replicaSet: "stuck",
} as const;

const allResumed = {
  Always: "resumed",
  RerunOnFailure: "resumed",
  Manual: "resumed",
  Once: "resumed",
  bare: "resumed",
  replicaSet: "resumed",
} as const;

const finalPhases = "KubeVirt: calculateVmPhaseForStatusReason, syncRunStrategy";
const readyCondition = "KubeVirt: syncReadyConditionFromPod";
const silentNode = "Kubernetes: taint eviction; KubeVirt: node controller";

/** Every cause that the faults bring about. The first row that fits decides. */
export const platformTable: readonly Row[] = [
  {
    id: "qemu killed",
    source: finalPhases,
    fault: "vm-crash",
    phase: "observe",
    outcomes: afterFailure,
    waits: () => times.domainEvent,
  },
  {
    id: "memory limit hit",
    source: finalPhases,
    fault: "oom-kill",
    phase: "observe",
    outcomes: afterFailure,
    waits: times.oomNoticed,
  },
  {
    id: "liveness failed, the guest obeys",
    source: finalPhases,
    fault: "probe-failure",
    parameters: { probe: "liveness", how: "port-closed" },
    phase: "observe",
    outcomes: afterShutdown,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.obeys(situation)),
  },
  {
    id: "liveness failed, the guest is hung",
    source: finalPhases,
    fault: "probe-failure",
    parameters: { probe: "liveness", how: "guest-hung" },
    phase: "observe",
    outcomes: afterFailure,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.destroyed(situation)),
  },
  {
    id: "readiness failed",
    source: readyCondition,
    fault: "probe-failure",
    parameters: { probe: "readiness" },
    phase: "observe",
    outcomes: allStuck,
    waits: (situation) => times.probeFailed(situation, "readinessProbe"),
  },
  {
    id: "readiness passes again",
    source: readyCondition,
    fault: "probe-failure",
    parameters: { probe: "readiness", how: "port-closed" },
    phase: "return",
    outcomes: allResumed,
    waits: (situation) => times.probePassed(situation, "readinessProbe"),
  },
  {
    id: "node lost, its pods not yet marked",
    source: silentNode,
    fault: "node-shutdown",
    phase: "observe",
    when: (situation) => situation.heldMs !== null && situation.heldMs < times.podsMarked(situation).least,
    outcomes: allStuck,
    waits: () => times.noWait,
  },
  {
    id: "node lost, its pods marked",
    source: `${silentNode}, replica set controller`,
    fault: "node-shutdown",
    phase: "observe",
    when: (situation) => situation.heldMs === null || situation.heldMs > times.podsMarked(situation).most,
    outcomes: { ...allStuck, replicaSet: "restarted" },
    waits: times.podsMarked,
  },
  {
    id: "node back before its pods were marked",
    source: finalPhases,
    fault: "node-shutdown",
    phase: "return",
    when: (situation) => situation.heldMs !== null && situation.heldMs < times.podsMarked(situation).least,
    outcomes: afterFailure,
    waits: times.nodeReturns,
  },
  {
    id: "node back after its pods were marked",
    source: finalPhases,
    fault: "node-shutdown",
    phase: "return",
    when: (situation) => situation.heldMs === null || situation.heldMs > times.podsMarked(situation).most,
    outcomes: { ...afterFailure, replicaSet: "undisturbed" },
    waits: times.nodeReturns,
  },
];
