import { isHeldBriefly, isHeldLong, isUnremedied, losses } from "./node-rows.ts";
import { afterFailure, all, sources, type Row } from "./row.ts";
import { isConfined } from "./situation.ts";
import * as times from "./times.ts";

/** Remedies that free a lost node's VMs; whether the node is dead is for whoever applies them to know. */
export const effective = ["force-delete", "out-of-service-taint", "delete-node"] as const;

/** What each remedy does for the VMs of a node that is lost, and what is left to the node's return. */
export const remedyRows: readonly Row[] = [
  {
    id: "pods of a lost node removed, and no other node may take their VMs",
    source: `${sources.podGone}; ${sources.scheduling}`,
    fault: "node-shutdown",
    phase: effective,
    when: (situation) => isConfined(situation.variant) && isUnremedied(situation) && isHeldBriefly(situation),
    outcomes: { Always: "stuck", RerunOnFailure: "stuck", Manual: "stopped", Once: "stopped" },
    waits: times.podRemoved,
  },
  {
    id: "node back, which alone may take its VMs",
    source: sources.scheduling,
    fault: "node-shutdown",
    phase: "return",
    when: (situation) => isConfined(situation.variant) && !isUnremedied(situation),
    outcomes: { Always: "resumed", RerunOnFailure: "resumed", Manual: "stopped", Once: "stopped" },
    waits: (situation) => times.sum(times.nodeReturns(situation), times.scheduledAgain, times.start(situation)),
  },
  {
    id: "pods of a lost node removed, not yet marked",
    source: sources.podGone,
    fault: losses,
    phase: effective,
    when: (situation) => isUnremedied(situation) && isHeldBriefly(situation),
    outcomes: afterFailure,
    waits: times.podRemoved,
  },
  {
    id: "pods of a lost node removed, marked before",
    source: sources.podGone,
    fault: losses,
    phase: effective,
    when: (situation) => isUnremedied(situation) && isHeldLong(situation),
    outcomes: { ...afterFailure, replicaSet: "undisturbed" },
    waits: times.podRemoved,
  },
  {
    id: "migration of VMs whose node has no kubelet",
    source: sources.migration,
    fault: "kubelet-stop",
    phase: "virtctl-migrate",
    when: isHeldBriefly,
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "migration of VMs on a lost node, not yet marked",
    source: sources.deadMigration,
    fault: losses,
    phase: "virtctl-migrate",
    when: isHeldBriefly,
    outcomes: { ...all("stuck"), replicaSet: "restarted" },
    waits: times.deadMigrationFails,
  },
  {
    id: "migration of VMs on a lost node, marked before",
    source: sources.deadMigration,
    fault: losses,
    phase: "virtctl-migrate",
    when: isHeldLong,
    // The set is whole by then; a lost member is on its way out, and virt-controller moves nothing that is.
    outcomes: { ...all("stuck"), replicaSet: "undisturbed" },
    waits: times.deadMigrationFails,
  },
  {
    id: "kubelet back after its VMs were migrated",
    source: sources.migration,
    fault: "kubelet-stop",
    phase: "return",
    when: ({ before }) => before.includes("virtctl-migrate"),
    outcomes: all("undisturbed"),
    waits: () => times.kubeletReports,
  },
  {
    id: "node back after its VMs were remedied",
    source: sources.podGone,
    fault: losses,
    phase: "return",
    when: (situation) => !isUnremedied(situation),
    outcomes: { ...all("stopped"), Always: "undisturbed", RerunOnFailure: "undisturbed", replicaSet: "undisturbed" },
    waits: times.nodeReturns,
  },
];
