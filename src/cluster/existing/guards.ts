import type { Node } from "../../kube/objects.ts";
import { matchesLabels, parseLabelSelector } from "../../kube/selector.ts";
import type { Reach } from "../cluster.ts";
import type { ClusterConfig } from "./cluster-config.ts";

/** By this label, with the value `true`, a namespace says that what runs in it may be broken. */
export const optInLabel = "rebound.dev/opt-in";

/** What the guards must know of a cluster to decide. */
export interface Surroundings {
  /** Namespaces of victims that have not opted in. */
  unasked: string[];
  /** All nodes; not looked up for a fault that is aimed at VMs alone. */
  nodes: Node[];
  /** Who of ours runs on which node: Rebound itself, its prober. */
  ours: ReadonlyMap<string, string>;
  /** VMs on the nodes in question whose namespace has not opted in, as `namespace/name`, by node. */
  strangers: ReadonlyMap<string, string[]>;
}

/** Why a fault of that reach is not allowed, in one sentence; null where it is. */
export function whyRefused({ nodes, victims }: Reach, around: Surroundings, config: ClusterConfig): string | null {
  const [unasked] = around.unasked;
  if (unasked !== undefined) {
    return `namespace ${unasked} has not opted in; who may break its VMs labels it: kubectl label namespace ${unasked} ${optInLabel}=true`;
  }
  if (victims.length > config.most.victims) {
    return `it would hit ${victims.length} VMs, and at most ${config.most.victims} may be hit at once (most.victims)`;
  }
  if (nodes.length > config.most.nodes) {
    return `it would hit ${nodes.length} nodes (${nodes.join(", ")}), and at most ${config.most.nodes} may be hit at once (most.nodes)`;
  }
  const refusal = nodes.map((node) => whyNotNode(node, around, config)).find((why) => why !== null);
  if (refusal !== undefined) return refusal;
  const left = around.nodes.filter((node) => !nodes.includes(node.metadata.name) && takesPods(node));
  if (nodes.length > 0 && left.length === 0) return `without ${nodes.join(", ")} no node is left that takes VMs`;
  return null;
}

function whyNotNode(name: string, { nodes, ours, strangers }: Surroundings, config: ClusterConfig): string | null {
  const node = nodes.find(({ metadata }) => metadata.name === name);
  if (node === undefined) return `the cluster has no node ${name}`;
  if (isControlPlane(node)) return `node ${name} belongs to the control plane`;
  const { protected: kept } = config;
  if (kept.nodes.includes(name)) return `node ${name} is protected (protected.nodes)`;
  const selector = kept.selectors.find((text) => matchesLabels(parseLabelSelector(text), node.metadata.labels));
  if (selector !== undefined) return `node ${name} is protected by ${selector} (protected.selectors)`;
  const who = ours.get(name);
  if (who !== undefined) return `${who} runs on node ${name}`;
  const [stranger, ...others] = strangers.get(name) ?? [];
  if (stranger === undefined) return null;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return `node ${name} carries VM ${stranger}${more}, whose namespace has not opted in (label ${optInLabel}=true)`;
}

function isControlPlane({ metadata: { labels = {} } }: Node): boolean {
  return "node-role.kubernetes.io/control-plane" in labels || "node-role.kubernetes.io/master" in labels;
}

function takesPods(node: Node): boolean {
  const isReady = node.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const repels = (node.spec.taints ?? []).some(({ effect }) => effect !== "PreferNoSchedule");
  const isSchedulable = node.metadata.labels?.["kubevirt.io/schedulable"] === "true";
  return isReady && isSchedulable && !repels && node.spec.unschedulable !== true && !isControlPlane(node);
}
