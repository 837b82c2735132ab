import { everyStrategy, experiment, migrationCrash } from "rebound";

/** Memory that takes some seconds to copy. */
const memory = "1Gi";

/** Practice "Virtual machine crash", in the middle of a live migration: only the side that the guest runs on counts. */
export default [
  experiment({
    id: "migration-crash-source",
    title: "A VM that crashes while it is migrated comes back as after any crash: its copy is worth nothing",
    practices: ["run-strategy", "vm-crash"],
    fault: migrationCrash({ of: "source" }),
    variants: everyStrategy({ memory }),
  }),
  experiment({
    id: "migration-crash-target",
    title: "A VM goes on where it is when what it is migrated to crashes",
    fault: migrationCrash({ of: "target" }),
    variants: everyStrategy({ memory }),
  }),
];
