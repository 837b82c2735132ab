import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

/** Less than the kubelet leaves free (pkg/kubelet: evictionHard memory.available < 100Mi), and enough to go on with. */
const leftBytes = 60 * 2 ** 20;

/**
 * Uses up the memory of the node that carries the victim, until its kubelet evicts: one pod a round, so that an
 * experiment has one victim. The revert gives the memory back.
 */
export function nodePressure(): Fault {
  return {
    name: "node-pressure",
    parameters: {},
    scope: "node",
    sharing: "exclusive",
    summary: "the node runs short of memory, and its kubelet evicts a pod",
    needs: ["node-memory"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) => hitNodes(victims, (node) => actuators.fillMemory(node, leftBytes)),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.releaseMemory(node)));
    },
  };
}
