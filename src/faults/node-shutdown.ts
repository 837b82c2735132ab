import type { Fault } from "./fault.ts";
import { hitNodes, nodesOf } from "./hit.ts";

export interface NodeShutdownOptions {
  /**
   * `power-loss`: everything on the node stops at once and nobody is told. `orderly`: the operating system
   * shuts down, which ends containers within their runtime's stop time. By default power is lost.
   */
  how?: "power-loss" | "orderly";
}

/** Takes down the node that carries the victims; the revert powers it on again. */
export function nodeShutdown({ how = "power-loss" }: NodeShutdownOptions = {}): Fault {
  return {
    name: "node-shutdown",
    parameters: { how },
    scope: "node",
    sharing: "independent",
    summary: how === "power-loss" ? "the node loses power" : "the node's operating system shuts down in order",
    needs: [how === "power-loss" ? "node-power" : "node-shutdown", "node-power"],
    unfit: () => null,
    targets: nodesOf,
    inject: ({ actuators }, victims) =>
      hitNodes(victims, (node) => (how === "power-loss" ? actuators.powerOff(node) : actuators.shutDown(node))),
    revert: async ({ actuators }, victims) => {
      await Promise.all(nodesOf(victims).map((node) => actuators.powerOn(node)));
    },
  };
}
