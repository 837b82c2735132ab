import { everyStrategy, experiment, nodeShutdown } from "rebound";

/**
 * Practice "Node shutdown": what becomes of VMs on a node that is gone. None comes back by itself, whatever its run
 * strategy; only a replica set replaces its members. The node's return brings back those that are meant to run.
 */
export default [
  experiment({
    id: "node-power-loss",
    title: "VMs on a node that lost power do not come back until the node does; a replica set replaces them",
    practices: ["run-strategy", "node-shutdown"],
    fault: nodeShutdown({ how: "power-loss" }),
    variants: everyStrategy(),
  }),
  experiment({
    id: "node-orderly-shutdown",
    title: "An orderly shutdown of the node is no better for its VMs than a loss of power",
    practices: ["run-strategy", "node-shutdown"],
    fault: nodeShutdown({ how: "orderly" }),
    variants: everyStrategy(),
  }),
];
