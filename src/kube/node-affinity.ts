import type { Node, Pod } from "./objects.ts";
import { matchesLabels, type Requirement } from "./selector.ts";

/** Conditions on a node that must hold together. */
export interface NodeSelectorTerm {
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
  matchFields?: { key: string; operator: string; values?: string[] }[];
}

interface NodeAffinity {
  requiredDuringSchedulingIgnoredDuringExecution?: { nodeSelectorTerms?: NodeSelectorTerm[] };
  preferredDuringSchedulingIgnoredDuringExecution?: { weight: number; preference: NodeSelectorTerm }[];
}

/** Whether the node meets the pod's nodeSelector and required node affinity. */
export function matchesNodeAffinity(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (labels[key] !== value) return false;
  }
  return matchesTerms(affinityOf(pod).requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms, node);
}

/** Whether the node meets one of the terms; none at all ask for nothing. */
export function matchesTerms(terms: NodeSelectorTerm[] | undefined, node: Node): boolean {
  return terms === undefined || terms.some((term) => matchesTerm(term, node));
}

/** The sum of the weights of the preferences that the node meets. */
export function preferredWeight(pod: Pod, node: Node): number {
  let sum = 0;
  for (const { weight, preference } of affinityOf(pod).preferredDuringSchedulingIgnoredDuringExecution ?? []) {
    if (matchesTerm(preference, node)) sum += weight;
  }
  return sum;
}

function affinityOf(pod: Pod): NodeAffinity {
  return pod.spec.affinity?.nodeAffinity ?? {};
}

/** A term without conditions matches nothing. */
function matchesTerm(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    matchesLabels(expressions.map(requirement), node.metadata.labels) &&
    matchesLabels(fields.map(requirement), { "metadata.name": node.metadata.name })
  );
}

function requirement({ key, operator, values }: { key: string; operator: string; values?: string[] }): Requirement {
  return { key, operator, values: values ?? [] } as Requirement;
}
