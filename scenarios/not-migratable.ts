import {
  drain,
  experiment,
  forceDelete,
  nodeShutdown,
  obstacles,
  outOfServiceTaint,
  virtctlMigrate,
  vm,
  vmCrash,
  type Variant,
  type VmOptions,
} from "rebound";

/** One that can be migrated, and one for each thing that keeps a VM from it. */
const variants = (options: VmOptions = {}): Variant[] => [
  vm("able", options),
  ...obstacles.map((obstacle) => vm(obstacle, { ...options, obstacle })),
];

/**
 * The document's precondition, that all recovery requires VMs to be live-migratable: what is left to one that is not, by
 * the reason that KubeVirt has for it.
 */
export default [
  experiment({
    id: "not-migratable-crash",
    title: "A VM comes back from a crash whether or not it could be migrated",
    practices: ["vm-crash"],
    fault: vmCrash(),
    variants: variants(),
  }),
  experiment({
    id: "not-migratable-drain",
    title: "A drain does not get rid of a VM under LiveMigrate that cannot be migrated, for whatever reason",
    practices: ["node-maintenance", "live-migratable"],
    fault: drain(),
    variants: variants({ evictionStrategy: "LiveMigrate" }),
  }),
  experiment({
    id: "not-migratable-drain-if-possible",
    title: "A drain shuts a VM under LiveMigrateIfPossible down that cannot be migrated, and it starts elsewhere",
    practices: ["live-migratable"],
    fault: drain(),
    variants: variants({ evictionStrategy: "LiveMigrateIfPossible" }),
  }),
  experiment({
    id: "not-migratable-drain-none",
    title: "A drain shuts every VM under None down, whether or not it could be migrated, and it starts elsewhere",
    practices: [],
    fault: drain(),
    variants: variants({ evictionStrategy: "None" }),
  }),
  experiment({
    id: "not-migratable-drain-external",
    title: "A drain leaves every VM under External to somebody else, whether or not it could be migrated",
    practices: ["node-maintenance"],
    fault: drain(),
    variants: variants({ evictionStrategy: "External" }),
  }),
  experiment({
    id: "not-migratable-node-loss",
    title: "A VM of a dead node comes back with the node whether or not it could be migrated",
    practices: ["node-shutdown"],
    fault: nodeShutdown(),
    observe: "100s",
    variants: variants(),
  }),
  experiment({
    id: "not-migratable-virtctl-migrate",
    title: "A VM of a dead node is not saved by live migration whether or not it could be migrated before",
    practices: ["node-shutdown"],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [virtctlMigrate()],
    variants: variants(),
  }),
  experiment({
    id: "not-migratable-out-of-service-taint",
    title: "The out-of-service taint frees VMs of a dead node whether or not they could be migrated, volumes included",
    practices: [],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [outOfServiceTaint()],
    variants: variants(),
  }),
  experiment({
    id: "not-migratable-force-delete",
    title:
      "Deleting the pods by force frees VMs of a dead node, but one with a volume of its own waits six minutes for it",
    practices: [],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [forceDelete()],
    variants: variants(),
  }),
];
