import { migrationObstacle, obeysAcpi } from "../../workload/traits.ts";
import { afterFailure, afterShutdown, all, sources, type Row } from "./row.ts";
import type { Situation } from "./situation.ts";
import * as times from "./times.ts";

/** What the eviction of a VM's pod leads to. */
function fateOf({ variant, cluster }: Situation): "migrated" | "kept" | "shut-down" {
  const strategy = variant.evictionStrategy ?? cluster.settings.evictionStrategy;
  const canMove = migrationObstacle(variant) === null && variant.pinned !== true;
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

const canMigrate = ({ variant }: Situation): boolean => migrationObstacle(variant) === null && variant.pinned !== true;

/** Live migration on request, and what a drain does under each eviction strategy. */
export const maintenanceRows: readonly Row[] = [
  {
    id: "migration requested",
    source: sources.migration,
    fault: "live-migration",
    phase: "observe",
    when: canMigrate,
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "migration requested and not possible",
    source: sources.migration,
    fault: "live-migration",
    phase: "observe",
    outcomes: all("blocked"),
    waits: ({ variant }) => (variant.pinned === true ? times.targetGivenUp : times.noWait),
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
