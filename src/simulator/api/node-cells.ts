import { condition } from "../../kube/objects.ts";
import type { Node } from "../../kube/objects.ts";

const none = "<none>";
const rolePrefix = "node-role.kubernetes.io/";

/** `Ready`, `NotReady`, `Unknown`, with `,SchedulingDisabled` for a cordoned one. */
export function status(node: Node): string {
  const ready = condition(node, "Ready")?.status;
  const parts = [ready === undefined ? "Unknown" : ready === "True" ? "Ready" : "NotReady"];
  if (node.spec.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

/** The roles its labels name. */
export function roles({ metadata }: Node): string {
  const labels = Object.keys(metadata.labels ?? {}).filter((label) => label.startsWith(rolePrefix));
  const found = labels.map((label) => label.slice(rolePrefix.length)).sort();
  return found.join(",") || none;
}

export function internalIp(node: Node): string {
  return address(node, "InternalIP");
}

export function externalIp(node: Node): string {
  return address(node, "ExternalIP");
}

/** Kernel version and architecture. */
export function kernel(node: Node): string {
  const { kernelVersion, architecture } = (node.status.nodeInfo ?? {}) as Record<string, string | undefined>;
  if (kernelVersion === undefined) return "<unknown>";
  return architecture === undefined ? kernelVersion : `${kernelVersion} (${architecture})`;
}

function address(node: Node, type: string): string {
  return node.status.addresses?.find((candidate) => candidate.type === type)?.address ?? none;
}
