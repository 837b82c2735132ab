import { isHeldLong, losses } from "./node-rows.ts";
import { effective } from "./remedy-rows.ts";
import type { Situation } from "./situation.ts";

/**
 * Whether the launcher pods of a lost node must be left Terminating at the end of a phase, or must be gone: only the
 * kubelet ends a pod that is marked (Kubernetes: taint eviction deletes, and waits for the node), unless its object is
 * removed by force. Undefined where nothing is said.
 */
export function terminatingPods(situation: Situation): "left" | "none" | undefined {
  const { fault, phase } = situation;
  if (!(losses as readonly string[]).includes(fault.name) || "during" in fault.parameters) return undefined;
  if (phase === "observe") return isHeldLong(situation) ? "left" : "none";
  return phase === "return" || (effective as readonly string[]).includes(phase) ? "none" : undefined;
}
