import type { Manifest } from "../kube/objects.ts";
import type { Variant } from "./variant.ts";

/**
 * The instance type or preference that a variant names and does not bring along, in words; null where nothing is
 * missing. What is in them decides what the VM is, so nothing can stand in for them.
 */
export function missingReference(variant: Variant): string | null {
  const spec = variant.manifests[0]?.["spec"] as Record<"instancetype" | "preference", Matcher | undefined> | undefined;
  for (const [matcher, kinds] of Object.entries(kindsOf) as [keyof typeof kindsOf, string[]][]) {
    const named = spec?.[matcher];
    if (named?.name === undefined) continue;
    if (!variant.manifests.some((manifest) => matches(manifest, named, kinds))) {
      return `it names the ${named.kind ?? kinds[1]} "${named.name}"`;
    }
  }
  return null;
}

interface Matcher {
  name?: string;
  kind?: string;
}

/** Namespaced kind, then the cluster's; the latter is meant where none is said (pkg/instancetype/find/spec.go). */
const kindsOf = {
  instancetype: ["VirtualMachineInstancetype", "VirtualMachineClusterInstancetype"],
  preference: ["VirtualMachinePreference", "VirtualMachineClusterPreference"],
};

function matches(manifest: Manifest, matcher: Matcher, kinds: string[]): boolean {
  const wanted = matcher.kind ?? kinds[1]!;
  // KubeVirt compares kinds in lower case, singular or plural.
  const isKind = [manifest.kind, `${manifest.kind}s`].some((kind) => kind.toLowerCase() === wanted.toLowerCase());
  return kinds.includes(manifest.kind) && isKind && manifest.metadata.name === matcher.name;
}
