import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

/** Stops the kubelet of the node that carries the victims, and nothing else: their guests go on serving. */
export function kubeletStop(): Fault {
  return {
    name: "kubelet-stop",
    parameters: {},
    scope: "node",
    sharing: "independent",
    summary: "the node's kubelet stops; guests and virt-handler go on",
    needs: ["kubelet"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) => hitNodes(victims, (node) => actuators.stopKubelet(node)),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.startKubelet(node)));
    },
  };
}
