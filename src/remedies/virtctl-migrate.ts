import { hitEach, request } from "../faults/hit.ts";
import { migrate, migrateNeeds } from "../workload/migrate.ts";
import type { Remedy } from "./remedy.ts";

/** Asks for a live migration of each VM. */
export function virtctlMigrate(): Remedy {
  return {
    name: "virtctl-migrate",
    scope: "vm",
    sharing: "queued",
    summary: "virtctl migrate",
    asks: migrateNeeds,
    lacks: () => null,
    targets: (victims) => victims.map(({ vmi }) => `VMI ${vmi.name}`),
    apply: (cluster, victims) =>
      hitEach(victims, ({ variant, vmi }) =>
        request(cluster, "the migration was accepted", () => migrate(cluster, variant, vmi)),
      ),
  };
}
