import { EnvironmentError } from "../../errors.ts";
import type { Receipt } from "../cluster.ts";
import type { NodeContainers } from "./node-container.ts";
import { execInNode, mustExecInNode } from "./node-exec.ts";

export type NodeService = "kubelet" | "containerd";

/** Hands on the services of a node's systemd; `start` may be called at any time and again. */
export interface NodeServices {
  stop(node: string, service: NodeService, signal?: AbortSignal): Promise<Receipt>;
  start(node: string, service: NodeService, signal?: AbortSignal): Promise<Receipt>;
}

/** systemd gives a service 90 s to end, then kills it. */
const limitSeconds = 100;

export function nodeServices(nodes: NodeContainers): NodeServices {
  const { clock } = nodes.runtime;
  const stateOf = async (node: string, service: NodeService, signal?: AbortSignal): Promise<string> =>
    (await execInNode(nodes, node, ["systemctl", "is-active", service], { signal })).stdout.trim() || "unknown";
  // `systemctl stop`, not a kill: systemd would start a killed service again.
  const tell = async (node: string, verb: "stop" | "start", service: NodeService, signal?: AbortSignal) => {
    const fromMs = clock.now();
    await mustExecInNode(nodes, node, ["systemctl", verb, service], { limitSeconds, signal });
    const toMs = clock.now();
    return { fromMs, toMs, state: await stateOf(node, service, signal) };
  };
  return {
    async stop(node, service, signal) {
      const before = await stateOf(node, service, signal);
      if (before !== "active") throw new EnvironmentError(`${service} on node ${node} is ${before}, not active`);
      const { fromMs, toMs, state } = await tell(node, "stop", service, signal);
      if (state === "active") throw new EnvironmentError(`${service} on node ${node} was stopped and is active again`);
      return { fromMs, toMs, evidence: `systemd on node ${node} says that ${service} is ${state}` };
    },
    async start(node, service, signal) {
      const { fromMs, toMs, state } = await tell(node, "start", service, signal);
      if (state !== "active") throw new EnvironmentError(`${service} on node ${node} was started and is ${state}`);
      return { fromMs, toMs, evidence: `systemd on node ${node} says that ${service} is active` };
    },
  };
}
