import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

/** Cuts the node that carries the victims off from the others: its guests run on, and nobody reaches them. */
export function nodePartition(): Fault {
  return {
    name: "node-partition",
    parameters: {},
    scope: "node",
    sharing: "independent",
    summary: "no packet passes between the node and the rest of the cluster",
    needs: ["node-network"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) => hitNodes(victims, (node) => actuators.disconnect(node)),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.connect(node)));
    },
  };
}
