import { migrationObstacle } from "../../workload/migration-obstacle.ts";
import { obeysAcpi } from "../../workload/traits.ts";
import { afterFailure, afterShutdown, all, sources, type Row } from "./row.ts";
import type { Situation } from "./situation.ts";
import * as times from "./times.ts";

/** Losses of a node that end its guests, and those that its guests outlive. */
const deadly = ["node-shutdown"] as const;
export const survived = ["node-freeze", "node-partition", "kubelet-stop", "runtime-stop"] as const;
export const losses = [...deadly, ...survived] as const;

/** Whether the fault lasts until the node is given up, and not so long that its pods are marked for deletion. */
export function isHeldBriefly(situation: Situation): boolean {
  const { heldMs } = situation;
  return heldMs !== null && heldMs > times.nodeLost(situation).most && heldMs < times.podsMarked(situation).least;
}

export function isHeldLong(situation: Situation): boolean {
  return situation.heldMs === null || situation.heldMs > times.podsMarked(situation).most;
}

/** Whether nothing that was tried before the node's return ended its VMIs. */
export function isUnremedied({ before }: Situation): boolean {
  return before.every((phase) => phase === "observe" || phase === "virtctl-migrate");
}

/**
 * A kubelet that starts admits every pod of its node anew. Where virt-handler has just said, as it does before its
 * device plug-ins are registered again, that no VM is to be scheduled there, launchers are refused that ran all the time.
 */
const refused = {
  fault: "kubelet-stop",
  ending: "NodeAffinity",
  source:
    "Kubernetes: HandlePodAdditions, generalFilter, HandlePodCleanups; KubeVirt: virt-handler's heartbeat, issues 11662, 11843, 12290",
  waits: (situation: Situation) => times.sum(times.kubeletReports, times.launcherDead(situation)),
};

/**
 * A guest that obeys within the 2 s that an evicted container has to end: its VMI has shut down, and did not fail. Guests
 * of a second or two are of that kind; whether one is, is not known before.
 */
const quick = {
  fault: "node-pressure",
  ending: "Succeeded",
  source: "Kubernetes: the kubelet's minimumGracePeriodInSeconds; KubeVirt: calculateVmPhaseForStatusReason",
  waits: times.evictedAgain,
};

/** What becomes of VMs on a node that is lost, and when it comes back by itself. */
export const nodeRows: readonly Row[] = [
  {
    id: "evicted by the kubelet, and its only node still short of memory",
    source: `Kubernetes: eviction manager, the memory-pressure taint; ${sources.finalPhases}`,
    fault: "node-pressure",
    phase: "observe",
    when: ({ variant }) => variant.pinned === true,
    outcomes: { Always: "stuck", RerunOnFailure: "stuck" },
    waits: (situation) => times.sum(times.evicted, times.launcherDead(situation)),
    hazard: { ...quick, outcomes: { Always: "stuck", RerunOnFailure: "stopped" } },
  },
  {
    id: "memory given back, and the taint gone after five minutes",
    source: "Kubernetes: evictionPressureTransitionPeriod",
    fault: "node-pressure",
    phase: "return",
    when: ({ variant }) => variant.pinned === true,
    // It has waited for room on that node since.
    outcomes: { Always: "resumed", RerunOnFailure: "resumed" },
    waits: times.pressureOver,
    hazard: { ...quick, outcomes: { Always: "resumed", RerunOnFailure: "stopped" }, waits: times.pressureOver },
  },
  {
    id: "evicted by the kubelet, which asks nobody",
    source: `Kubernetes: eviction manager; ${sources.finalPhases}`,
    fault: "node-pressure",
    phase: "observe",
    outcomes: afterFailure,
    waits: (situation) => times.sum(times.evicted, times.launcherDead(situation)),
    hazard: { ...quick, outcomes: afterShutdown },
  },
  {
    id: "memory given back after an eviction",
    source: sources.finalPhases,
    fault: "node-pressure",
    phase: "return",
    outcomes: { ...all("stopped"), Always: "undisturbed", RerunOnFailure: "undisturbed", replicaSet: "undisturbed" },
    waits: () => times.noWait,
    hazard: {
      ...quick,
      outcomes: { ...all("stopped"), Always: "undisturbed", replicaSet: "undisturbed" },
      waits: () => times.noWait,
    },
  },
  {
    id: "node not ready by its kubelet's own word, its pods not yet marked",
    source: sources.ownWord,
    fault: "runtime-stop",
    phase: "observe",
    when: isHeldBriefly,
    outcomes: all("undisturbed"),
    waits: times.nodeLost,
  },
  {
    id: "node ready again by its kubelet's own word, before its pods were marked",
    source: sources.ownWord,
    fault: "runtime-stop",
    phase: "return",
    when: (situation) => isUnremedied(situation) && isHeldBriefly(situation),
    outcomes: all("undisturbed"),
    waits: () => times.kubeletReports,
  },
  {
    id: "node lost, its pods not yet marked",
    source: sources.silentNode,
    fault: losses,
    phase: "observe",
    when: isHeldBriefly,
    outcomes: all("stuck"),
    waits: times.nodeLost,
  },
  {
    id: "node lost, its pods marked",
    source: `${sources.silentNode}, replica set controller`,
    fault: losses,
    phase: "observe",
    when: isHeldLong,
    outcomes: { ...all("stuck"), replicaSet: "restarted" },
    waits: times.podsMarked,
  },
  {
    id: "node back before its pods were marked",
    source: sources.finalPhases,
    fault: deadly,
    phase: "return",
    when: (situation) => isUnremedied(situation) && isHeldBriefly(situation),
    outcomes: afterFailure,
    waits: times.nodeReturns,
  },
  {
    id: "node back after its pods were marked",
    source: sources.finalPhases,
    fault: deadly,
    phase: "return",
    when: (situation) => isUnremedied(situation) && isHeldLong(situation),
    outcomes: { ...afterFailure, replicaSet: "undisturbed" },
    waits: times.nodeReturns,
  },
  {
    id: "node reached again before its pods were marked",
    source: sources.ready,
    fault: survived,
    phase: "return",
    when: (situation) => isUnremedied(situation) && isHeldBriefly(situation),
    outcomes: all("resumed"),
    waits: () => times.kubeletReports,
    hazard: { ...refused, outcomes: afterFailure },
  },
  ...["node-partition", "node-freeze"].map(whileMigrationsWait),
  {
    id: "node reached again after its pods were marked",
    source: sources.finalPhases,
    fault: survived,
    phase: "return",
    when: (situation) => isUnremedied(situation) && isHeldLong(situation) && obeysAcpi(situation.variant),
    outcomes: { ...afterShutdown, replicaSet: "undisturbed" },
    waits: (situation) => times.sum(times.kubeletReports, times.obeys(situation)),
    hazard: { ...refused, outcomes: { ...afterFailure, replicaSet: "undisturbed" } },
  },
];

/**
 * Migrations that waited for the node go on once it is reached again; a domain that is being migrated is not shut down,
 * though its pod is marked. Where the kubelet is the first to be back, the guest has shut down before.
 */
function whileMigrationsWait(fault: string): Row {
  const waits = (situation: Situation): times.Wait =>
    times.sum(times.kubeletReports, times.sum(times.obeys(situation), times.migrated(situation)));
  return {
    id: "node reached again after its pods were marked, and migrations that waited for it",
    source: sources.migration,
    fault,
    phase: "return",
    when: (situation) =>
      situation.before.includes("virtctl-migrate") &&
      isUnremedied(situation) &&
      isHeldLong(situation) &&
      migrationObstacle(situation.variant) === null &&
      obeysAcpi(situation.variant),
    outcomes: { ...all("migrated"), replicaSet: "undisturbed" },
    waits,
    hazard: {
      fault,
      ending: "Succeeded",
      source: sources.finalPhases,
      outcomes: { ...afterShutdown, replicaSet: "undisturbed" },
      waits,
    },
  };
}
