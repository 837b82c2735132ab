import { migrationObstacle } from "../../workload/migration-obstacle.ts";
import { obeysAcpi } from "../../workload/traits.ts";
import { afterFailure, afterShutdown, all, sources, type Row } from "./row.ts";
import { isConfined, type Situation } from "./situation.ts";
import * as times from "./times.ts";

/** What the eviction of a VM's pod leads to. */
function fateOf({ variant, cluster }: Situation): "migrated" | "kept" | "shut-down" {
  const strategy = variant.evictionStrategy ?? cluster.settings.evictionStrategy;
  const canMove = canMigrate(variant);
  switch (strategy) {
    case "LiveMigrate":
      return canMove ? "migrated" : "kept";
    case "LiveMigrateIfPossible":
      // One that could be migrated, if only there were a node for it, is not shut down either.
      if (migrationObstacle(variant) !== null) return "shut-down";
      return canMove ? "migrated" : "kept";
    case "External":
      return "kept";
    case "None":
      return "shut-down";
  }
}

function canMigrate(variant: Situation["variant"]): boolean {
  return migrationObstacle(variant) === null && !isConfined(variant);
}

/** Whether it is looked for room before a drain, and one of the VMs that would have to move has none. */
function lacksRoom({ fault, victims }: Situation): boolean {
  return fault.parameters["verifyRoom"] === true && victims.some(isConfined);
}

/** Live migration on request, and what a drain does under each eviction strategy. */
export const maintenanceRows: readonly Row[] = [
  {
    id: "migration requested",
    source: sources.migration,
    fault: "live-migration",
    phase: "observe",
    when: ({ variant }) => canMigrate(variant),
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "migration requested and not possible",
    source: sources.migration,
    fault: "live-migration",
    phase: "observe",
    outcomes: all("blocked"),
    waits: ({ variant }) => (isConfined(variant) ? times.targetGivenUp : times.noWait),
  },
  {
    id: "not drained, for want of room",
    source: sources.scheduling,
    fault: "drain",
    phase: "observe",
    when: lacksRoom,
    outcomes: all("blocked"),
    waits: () => times.noWait,
  },
  {
    id: "nothing to take back of a drain that was not begun",
    source: sources.scheduling,
    fault: "drain",
    phase: ["uncordon", "return"],
    when: lacksRoom,
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  },
  {
    id: "drained, to be migrated",
    source: sources.eviction,
    fault: "drain",
    phase: "observe",
    when: (situation) => fateOf(situation) === "migrated",
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "drained, and kept where it is",
    source: sources.eviction,
    fault: "drain",
    phase: "observe",
    when: (situation) => fateOf(situation) === "kept",
    outcomes: all("blocked"),
    waits: () => times.noWait,
  },
  {
    id: "drained and shut down, and no other node may take it",
    source: `${sources.eviction}; ${sources.scheduling}`,
    fault: "drain",
    phase: "observe",
    when: ({ variant }) => isConfined(variant) && obeysAcpi(variant),
    outcomes: { Always: "stuck", RerunOnFailure: "stopped", Manual: "stopped", Once: "stopped" },
    waits: times.podEnds,
  },
  {
    id: "drained and destroyed, and no other node may take it",
    source: `${sources.eviction}; ${sources.scheduling}`,
    fault: "drain",
    phase: "observe",
    when: ({ variant }) => isConfined(variant),
    outcomes: { Always: "stuck", RerunOnFailure: "stuck", Manual: "stopped", Once: "stopped" },
    waits: times.podEnds,
  },
  {
    id: "drained, the guest obeys",
    source: sources.eviction,
    fault: "drain",
    phase: "observe",
    when: (situation) => obeysAcpi(situation.variant),
    outcomes: afterShutdown,
    waits: times.podEnds,
  },
  {
    id: "drained, the guest ignores it",
    source: sources.eviction,
    fault: "drain",
    phase: "observe",
    outcomes: afterFailure,
    waits: times.podEnds,
  },
  {
    id: "the next node drained, to be migrated",
    source: sources.eviction,
    fault: "drain",
    phase: "drain-next",
    when: (situation) => fateOf(situation) === "migrated",
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "uncordoned after its VMs were migrated or kept",
    source: sources.eviction,
    fault: "drain",
    phase: ["uncordon", "return"],
    when: (situation) => fateOf(situation) !== "shut-down",
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  },
  {
    id: "uncordoned after its VMs were shut down, which it alone may take",
    source: sources.scheduling,
    fault: "drain",
    phase: ["uncordon", "return"],
    when: ({ variant }) => isConfined(variant) && obeysAcpi(variant),
    outcomes: { Always: "resumed", RerunOnFailure: "stopped", Manual: "stopped", Once: "stopped" },
    waits: (situation) => times.sum(times.scheduledAgain, times.start(situation)),
  },
  {
    id: "uncordoned after its VMs were destroyed, which it alone may take",
    source: sources.scheduling,
    fault: "drain",
    phase: ["uncordon", "return"],
    when: ({ variant }) => isConfined(variant),
    outcomes: { Always: "resumed", RerunOnFailure: "resumed", Manual: "stopped", Once: "stopped" },
    waits: (situation) => times.sum(times.scheduledAgain, times.start(situation)),
  },
  {
    id: "uncordoned after its VMs were shut down",
    source: sources.eviction,
    fault: "drain",
    phase: ["uncordon", "return"],
    when: (situation) => obeysAcpi(situation.variant),
    outcomes: { ...all("stopped"), Always: "undisturbed", replicaSet: "undisturbed" },
    waits: () => times.noWait,
  },
  {
    id: "uncordoned after its VMs were destroyed",
    source: sources.eviction,
    fault: "drain",
    phase: ["uncordon", "return"],
    outcomes: { ...all("stopped"), Always: "undisturbed", RerunOnFailure: "undisturbed", replicaSet: "undisturbed" },
    waits: () => times.noWait,
  },
];
