import { everyStrategy, experiment, kubeletStop, nodeFreeze, nodePartition, nodeShutdown } from "rebound";

/**
 * Practice "Node shutdown", for nodes that are unreachable and not off, and for how long: a node that is back before
 * its pods are marked for deletion, 300 s after it was given up, takes its VMs along; one that is late ends them.
 */
export default [
  experiment({
    id: "node-reboot",
    title: "A node that reboots within minutes ends its VMs; those that are meant to run start again",
    practices: ["run-strategy", "node-shutdown"],
    fault: nodeShutdown({ how: "power-loss" }),
    observe: "100s",
    variants: everyStrategy(),
  }),
  experiment({
    id: "node-orderly-reboot",
    title:
      "A node that shuts down in order and is back within minutes is no better for its VMs than one that lost power",
    practices: ["run-strategy", "node-shutdown"],
    fault: nodeShutdown({ how: "orderly" }),
    observe: "100s",
    variants: everyStrategy(),
  }),
  ...[
    { id: "freeze", node: "frozen", fault: nodeFreeze() },
    { id: "partition", node: "cut-off", fault: nodePartition() },
    { id: "kubelet-stop", node: "kubelet-less", fault: kubeletStop() },
  ].flatMap(({ id, node, fault }) => [
    experiment({
      id: `node-${id}-brief`,
      title: `VMs on a ${node} node go on as if nothing had been, if that is over before their pods are marked`,
      practices: ["node-shutdown"],
      fault,
      observe: "100s",
      variants: everyStrategy(),
    }),
    experiment({
      id: `node-${id}-long`,
      title: `VMs on a ${node} node are shut down when that is over, if their pods were marked: only Always starts them again`,
      practices: ["run-strategy", "node-shutdown"],
      fault,
      variants: everyStrategy(),
    }),
  ]),
];
