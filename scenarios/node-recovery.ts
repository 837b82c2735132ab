import {
  deleteNode,
  everyStrategy,
  experiment,
  forceDelete,
  kubeletStop,
  nodeFreeze,
  nodeHealthCheck,
  nodePartition,
  nodeShutdown,
  outOfServiceTaint,
  virtctlMigrate,
  type Fault,
} from "rebound";

/** How a node is lost. */
const losses: { id: string; node: string; fault: Fault }[] = [
  { id: "power-loss", node: "a node that lost power", fault: nodeShutdown({ how: "power-loss" }) },
  { id: "orderly", node: "a node that shut down in order", fault: nodeShutdown({ how: "orderly" }) },
  { id: "freeze", node: "a frozen node", fault: nodeFreeze() },
  { id: "partition", node: "a node that is cut off", fault: nodePartition() },
  { id: "kubelet-stop", node: "a node without its kubelet", fault: kubeletStop() },
];

/** What frees its VMs, so that those that are meant to run start elsewhere. */
const remedies = [
  { remedy: forceDelete(), does: "Deleting the pods by force frees the VMs of" },
  { remedy: outOfServiceTaint(), does: "The out-of-service taint frees the VMs of" },
  { remedy: deleteNode(), does: "Deleting the node's object frees the VMs of" },
];

/**
 * Practice "Node shutdown": a VM on a node that is gone can be recovered; the practice says, by live migration. That
 * and every other remedy is tried on every way to lose a node.
 */
export default [
  ...losses.map(({ id, node, fault }) =>
    experiment({
      id: `${id}-virtctl-migrate`,
      title: `Live migration does not bring back the VMs of ${node}`,
      practices: ["node-shutdown"],
      fault,
      observe: "100s",
      remedies: [virtctlMigrate()],
      variants: everyStrategy(),
    }),
  ),
  ...losses.flatMap(({ id, node, fault }) =>
    remedies.map(({ remedy, does }) =>
      experiment({
        id: `${id}-${remedy.name}`,
        title: `${does} ${node}; its return changes nothing more`,
        practices: ["node-shutdown"],
        fault,
        observe: "100s",
        remedies: [remedy],
        variants: everyStrategy(),
      }),
    ),
  ),
  ...[virtctlMigrate(), outOfServiceTaint()].map((remedy) =>
    experiment({
      id: `power-loss-late-${remedy.name}`,
      title: `Whether ${remedy.name} helps does not depend on how long the node has been gone`,
      practices: ["node-shutdown"],
      fault: nodeShutdown({ how: "power-loss" }),
      remedies: [remedy],
      variants: everyStrategy(),
    }),
  ),
  ...losses.map(({ id, node, fault }) =>
    experiment({
      id: `${id}-node-health-check`,
      title: `The node-health-check operator, where it is installed, frees the VMs of ${node}`,
      practices: ["node-shutdown"],
      fault,
      observe: "100s",
      remedies: [nodeHealthCheck()],
      variants: everyStrategy(),
      expectAfter: { "node-health-check": { always: { outcome: "restarted", within: "10min" } } },
    }),
  ),
];
