import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

/** Freezes the node that carries the victims: nothing on it ends, and nothing goes on. The revert thaws it. */
export function nodeFreeze(): Fault {
  return {
    name: "node-freeze",
    parameters: {},
    scope: "node",
    sharing: "independent",
    summary: "the node freezes, with everything on it",
    needs: ["node-freeze"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) => hitNodes(victims, (node) => actuators.freeze(node)),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.thaw(node)));
    },
  };
}
