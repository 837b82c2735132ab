import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

/** Stops the container runtime of the node that carries the victims: guests go on, and no container starts or ends. */
export function runtimeStop(): Fault {
  return {
    name: "runtime-stop",
    parameters: {},
    scope: "node",
    sharing: "independent",
    summary: "the node's container runtime stops; containers and guests go on",
    needs: ["container-runtime"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) => hitNodes(victims, (node) => actuators.stopRuntime(node)),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.startRuntime(node)));
    },
  };
}
