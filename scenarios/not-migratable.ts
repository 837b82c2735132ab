import {
  experiment,
  forceDelete,
  nodeShutdown,
  outOfServiceTaint,
  vm,
  vmCrash,
  type GuestOptions,
  type Variant,
} from "rebound";

/** A VM for each thing that keeps one from being migrated live. */
const unable = (["bridge", "disk", "hyperv-passthrough"] satisfies GuestOptions["obstacle"][]).map((obstacle) =>
  vm(obstacle, { obstacle }),
);
const variants: Variant[] = [vm("able"), ...unable];

/** The document's precondition, that all recovery requires VMs to be live-migratable: what is left to one that is not. */
export default [
  experiment({
    id: "not-migratable-crash",
    title: "A VM comes back from a crash whether or not it could be migrated",
    practices: ["vm-crash"],
    fault: vmCrash(),
    variants,
  }),
  experiment({
    id: "not-migratable-out-of-service-taint",
    title: "The out-of-service taint frees VMs of a dead node whether or not they could be migrated, volumes included",
    practices: [],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [outOfServiceTaint()],
    variants,
  }),
  experiment({
    id: "not-migratable-force-delete",
    title:
      "Deleting the pods by force frees VMs of a dead node, but one with a volume of its own waits six minutes for it",
    practices: [],
    fault: nodeShutdown(),
    observe: "100s",
    remedies: [forceDelete()],
    variants,
  }),
];
