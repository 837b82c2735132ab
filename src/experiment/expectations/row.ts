import type { Outcome } from "../plan.ts";
import type { Situation, Way } from "./situation.ts";
import type { Wait } from "./times.ts";

/** What the platform is documented to make of a VM that runs in each way. */
interface Fate {
  /** Where that is documented: functions of KubeVirt 1.9.0, controllers of Kubernetes 1.36.2. */
  source: string;
  outcomes: Partial<Record<Way, Outcome>>;
  /** What the platform waits for before it wants a new VMI, or before the old one is good again. */
  waits(situation: Situation): Wait;
}

/** One cause, and what it leads to. */
export interface Row extends Fate {
  id: string;
  fault: string | readonly string[];
  /** Those of the fault's parameters that matter. */
  parameters?: Record<string, unknown>;
  /** What lasts meanwhile, as `backgroundOf` says it; nothing where nothing is said. */
  during?: string | readonly string[];
  phase: string | readonly string[];
  /** A further condition. */
  when?(situation: Situation): boolean;
  /**
   * What chance may bring about after one of these faults. That a VMI ended so, or a launcher pod Failed for this reason,
   * tells that it did.
   */
  hazard?: Fate & { fault: string; ending: string };
}

/** What stands for a row whose hazard was met, by its id and source. */
export function metHazard({ hazard, ...row }: Row): Row | null {
  if (hazard === undefined) return null;
  const { ending, ...fate } = hazard;
  return { ...row, ...fate, id: `${row.id}, but ${ending}` };
}

type Outcomes = Record<Exclude<Way, "Halted">, Outcome>;

/** The VMI ended Failed, as after a crash. */
export const afterFailure: Outcomes = {
  Always: "restarted",
  RerunOnFailure: "restarted",
  Manual: "stopped",
  Once: "stopped",
  bare: "stopped",
  replicaSet: "restarted",
};

/** The VMI ended Succeeded, which RerunOnFailure takes for an end that was wanted. */
export const afterShutdown: Outcomes = { ...afterFailure, RerunOnFailure: "stopped" };

/** Nobody looks at how the VM is run. */
export function all(outcome: Outcome): Outcomes {
  return {
    Always: outcome,
    RerunOnFailure: outcome,
    Manual: outcome,
    Once: outcome,
    bare: outcome,
    replicaSet: outcome,
  };
}

export const sources = {
  finalPhases: "KubeVirt: calculateVmPhaseForStatusReason, syncRunStrategy",
  domain: "KubeVirt: calculateVmPhaseForStatusReason; libvirt: the domain goes on",
  deletion: "KubeVirt: syncRunStrategy, of a VMI that its controller did not delete",
  lifecycle: "KubeVirt: virt-api's stop and restart",
  ready: "KubeVirt: syncReadyConditionFromPod",
  silentNode: "Kubernetes: taint eviction; KubeVirt: node controller",
  podGone: "Kubernetes: pod garbage collector; KubeVirt: a VMI without its pod is Failed",
  eviction: "KubeVirt: pod-eviction-admitter, evacuation controller",
  scheduling: "Kubernetes: the scheduler's NodeResourcesFit, NodeAffinity, TaintToleration",
  migration: "KubeVirt: migration controller, virt-handler's migration source",
  leaders: "client-go: leader election; Kubernetes: the controllers' caches",
  /** Where a kubelet itself says that its node is not ready, nobody marks its pods. */
  ownWord: "Kubernetes: node lifecycle controller (monitorNodeHealth: MarkPodsNotReady), issue 125331",
  runtime: "Kubernetes: the kubelet's updateRuntimeUp; containerd: shims outlive it",
  admission: "KubeVirt: the admission of virtual machines refuses it, so that there is nothing to start",
  deadMigration: "KubeVirt: the source's virt-handler starts the copy, and the migration controller waits for it",
} as const;
