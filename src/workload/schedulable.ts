import type { Manifest, Node, VmiSpec } from "../kube/objects.ts";
import { compareQuantities } from "../kube/quantity.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

/**
 * Why no node of the cluster can ever run this variant, whatever else runs there; null where one can. Looks at the
 * node selector and at what it requests of memory and CPU, an instance type's included.
 */
export function whyNeverScheduled(variant: Variant, nodes: Node[]): string | null {
  const spec = vmiSpecOf(variant);
  const workers = nodes.filter((node) => !("node-role.kubernetes.io/control-plane" in (node.metadata.labels ?? {})));
  const selected = Object.entries(spec.nodeSelector ?? {}).reduce(
    (left, [key, value]) => left.filter((node) => node.metadata.labels?.[key] === value),
    workers,
  );
  if (selected.length === 0) {
    const selector = Object.entries(spec.nodeSelector ?? {}).map(([key, value]) => `${key}=${value}`);
    return `no worker has the labels of its nodeSelector (${selector.join(", ")})`;
  }
  const tooMuch = Object.entries(requestsOf(variant, spec)).find(([resource, asked]) =>
    selected.every((node) => compareQuantities(asked, node.status.allocatable?.[resource] ?? "0") > 0),
  );
  return tooMuch === undefined ? null : `it asks for ${tooMuch[1]} of ${tooMuch[0]}, more than any node has`;
}

/** What it requests of memory and CPU, by itself or by its instance type. */
export function requestsOf(variant: Variant, spec: VmiSpec): Record<string, string> {
  const { requests = {}, limits = {} } = spec.domain.resources ?? {};
  const guest = spec.domain.memory?.guest ?? instancetypeOf(variant)?.memory?.guest;
  const memory = requests["memory"] ?? guest ?? limits["memory"];
  const cpu = requests["cpu"] ?? limits["cpu"];
  return { ...(memory !== undefined && { memory }), ...(cpu !== undefined && { cpu }) };
}

function instancetypeOf(variant: Variant): { memory?: { guest?: string } } | undefined {
  const name = (variant.manifests[0]?.["spec"] as { instancetype?: { name?: string } } | undefined)?.instancetype?.name;
  const found = variant.manifests.find(
    (manifest: Manifest) => manifest.kind.endsWith("Instancetype") && manifest.metadata.name === name,
  );
  return found?.["spec"] as { memory?: { guest?: string } } | undefined;
}
