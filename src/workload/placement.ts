import type { VmiSpec } from "../kube/objects.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

/** The variant with a node selector that fits this node alone. */
export function pinToNode<V extends Pick<Variant, "kind" | "manifests">>(variant: V, node: string): V {
  const placed = structuredClone(variant);
  const spec = vmiSpecOf(placed);
  spec.nodeSelector = { ...spec.nodeSelector, "kubernetes.io/hostname": node };
  return placed;
}

/** The variant with a required affinity to these nodes. */
export function keepToNodes<V extends Pick<Variant, "kind" | "manifests">>(variant: V, nodes: string[]): V {
  const placed = structuredClone(variant);
  const spec = vmiSpecOf(placed);
  const term = { matchExpressions: [{ key: "kubernetes.io/hostname", operator: "In", values: nodes }] };
  const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } };
  spec.affinity = { ...spec.affinity, nodeAffinity: { ...spec.affinity?.nodeAffinity, ...required } };
  return placed;
}

/**
 * The variant with a *preferred* affinity to the node, the strongest weight: it starts there when there is room,
 * and nothing forbids it to come back elsewhere (a selector would).
 */
export function preferNode<V extends Pick<Variant, "kind" | "manifests">>(variant: V, node: string): V {
  return prefer(variant, "In", node);
}

/** The variant with a preference for every node but this one. */
export function avoidNode<V extends Pick<Variant, "kind" | "manifests">>(variant: V, node: string): V {
  return prefer(variant, "NotIn", node);
}

function prefer<V extends Pick<Variant, "kind" | "manifests">>(variant: V, operator: "In" | "NotIn", node: string): V {
  const placed = structuredClone(variant);
  const spec = vmiSpecOf(placed);
  const term = {
    weight: 100,
    preference: { matchExpressions: [{ key: "kubernetes.io/hostname", operator, values: [node] }] },
  };
  const nodeAffinity = spec.affinity?.nodeAffinity ?? {};
  const preferred = (nodeAffinity["preferredDuringSchedulingIgnoredDuringExecution"] as unknown[] | undefined) ?? [];
  spec.affinity = {
    ...spec.affinity,
    nodeAffinity: { ...nodeAffinity, preferredDuringSchedulingIgnoredDuringExecution: [...preferred, term] },
  } satisfies VmiSpec["affinity"];
  return placed;
}
