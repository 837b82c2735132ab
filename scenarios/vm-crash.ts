import { everyStrategy, experiment, libvirtKill, migrationCrash, vmCrash } from "rebound";

/** Memory that takes some seconds to copy. */
const memory = "1Gi";

/** Practice "Virtual machine crash": a VM that ends unexpectedly is started again, if its run strategy says so. */
export default [
  experiment({
    id: "vm-crash",
    title: "A crashed VM comes back under Always and RerunOnFailure, and stays down under Manual and Once",
    practices: ["run-strategy", "vm-crash"],
    fault: vmCrash(),
    variants: everyStrategy(),
  }),
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
  experiment({
    id: "libvirt-kill",
    title: "A guest does not notice that the libvirt beside it is killed: its launcher starts another",
    fault: libvirtKill(),
    variants: everyStrategy(),
  }),
];
