import { hitNodes, nodesOf } from "../faults/hit.ts";
import type { Remedy } from "./remedy.ts";

/** Leaves the node to the node-health-check operator, where one is installed: it fences and remedies by itself. */
export function nodeHealthCheck(): Remedy {
  return {
    name: "node-health-check",
    scope: "node",
    sharing: "independent",
    summary: "the node-health-check operator remedies the node",
    lacks: ({ operators }) =>
      operators.includes("node-health-check") ? null : "the node-health-check operator is not installed",
    targets: nodesOf,
    apply: ({ clock }, victims) =>
      hitNodes(victims, (node) =>
        Promise.resolve({ fromMs: clock.now(), toMs: clock.now(), evidence: `${node} is left to the operator` }),
      ),
  };
}
