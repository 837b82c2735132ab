import type { NodeShell } from "../node-shell.ts";
import type { NodeContainers } from "./node-container.ts";
import { execInNode } from "./node-exec.ts";

/** The shell of a kind cluster's nodes: an exec in a node's container. */
export function kindNodeShell(nodes: NodeContainers): NodeShell {
  const { clock, local } = nodes.runtime;
  return {
    sharesClock: local,
    run: async (node, script, args = [], options = {}) => {
      const fromMs = clock.now();
      const result = await execInNode(nodes, node, ["sh", "-c", script, "sh", ...args], options);
      return { ...result, fromMs, toMs: clock.now() };
    },
  };
}
