import type { Node } from "../../kube/objects.ts";
import type { NodeContainer } from "./node-container.ts";

type Addressed = Pick<NodeContainer, "name" | "addresses">;

/**
 * What became of a node's addresses when it was started again; `known` are all nodes as they were before. Two nodes
 * that come back in the other order can have each other's: certificates and routes then point at the wrong one.
 */
export function compareAddresses(now: Addressed, known: Addressed[]): string {
  const before = known.find(({ name }) => name === now.name)?.addresses ?? [];
  const at = now.addresses.join(", ") || "none";
  if (before.length === 0) return `address ${at}; what it was before is not known`;
  if (before.join() === now.addresses.join()) return `address ${at} kept`;
  const owners = known.filter(
    ({ name, addresses }) => name !== now.name && addresses.some((address) => now.addresses.includes(address)),
  );
  const whose = owners.length === 0 ? "" : `, which was ${owners.map(({ name }) => name).join(" and ")}'s`;
  return `address changed from ${before.join(", ")} to ${at}${whose}`;
}

/**
 * Where Kubernetes looks for a node, if it is not there: kind's nodes tell of another address themselves when they start, and
 * nothing reaches one that has not. In a few words; none where all is well.
 */
export function misplaced(name: string, addresses: string[], known: Node[]): string[] {
  const node = known.find(({ metadata }) => metadata.name === name);
  const told = (node?.status.addresses ?? []).filter(({ type }) => type === "InternalIP");
  return told
    .filter(({ address }) => !addresses.includes(address))
    .map(({ address }) => `node ${name} runs at ${addresses.join(", ")}, and Kubernetes has it at ${address}`);
}
