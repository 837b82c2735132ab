import { migrate, migrateNeeds } from "../workload/migrate.ts";
import type { Fault } from "./fault.ts";
import { hitEach, request } from "./hit.ts";

/** Asks for a live migration of each victim, as `virtctl migrate` does. */
export function liveMigration(): Fault {
  return {
    name: "live-migration",
    parameters: {},
    scope: "vm",
    sharing: "queued",
    summary: "virtctl migrate",
    needs: [],
    asks: migrateNeeds,
    unfit: () => null,
    targets: (victims) => victims.map(({ vmi }) => `VMI ${vmi.name}`),
    inject: (cluster, victims) =>
      hitEach(victims, ({ variant, vmi }) =>
        request(cluster, "the migration was accepted", () => migrate(cluster, variant, vmi)),
      ),
    // Where it runs is as good as where it ran.
    revert: async () => {},
  };
}
