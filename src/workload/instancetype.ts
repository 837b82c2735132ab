import type { Manifest } from "../kube/objects.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

/** A named size of VM, of one namespace or of the whole cluster. */
export function instancetype(
  name: string,
  { cpus = 1, memory = "128Mi", clusterWide = false }: { cpus?: number; memory?: string; clusterWide?: boolean } = {},
): Manifest {
  return {
    apiVersion: "instancetype.kubevirt.io/v1beta1",
    kind: clusterWide ? "VirtualMachineClusterInstancetype" : "VirtualMachineInstancetype",
    metadata: { name },
    spec: { cpu: { guest: cpus }, memory: { guest: memory } },
  };
}

/** What a kind of guest is best run on. */
export function preference(name: string): Manifest {
  return {
    apiVersion: "instancetype.kubevirt.io/v1beta1",
    kind: "VirtualMachinePreference",
    metadata: { name },
    spec: { devices: { preferredDiskBus: "virtio" } },
  };
}

/**
 * The same VM, its size said by an instance type in place of its own resources; `missing`: one that nobody brings;
 * `besideOwn`: it says its own resources too.
 */
export function ofInstancetype(
  variant: Variant,
  type: Manifest,
  options: { missing?: true; besideOwn?: true } = {},
): Variant {
  const sized = refer(variant, "instancetype", type);
  const { domain } = vmiSpecOf(sized);
  if (options.besideOwn !== true) {
    delete domain.resources;
    delete domain.cpu;
    delete domain.memory;
  }
  return options.missing === true ? sized : { ...sized, manifests: [...sized.manifests, type] };
}

/** The same VM with a preference. */
export function ofPreference(variant: Variant, preferred: Manifest): Variant {
  const referring = refer(variant, "preference", preferred);
  return { ...referring, manifests: [...referring.manifests, preferred] };
}

function refer(
  variant: Variant,
  field: "instancetype" | "preference",
  { kind, metadata: { name } }: Manifest,
): Variant {
  const referring = structuredClone(variant);
  Object.assign(referring.manifests[0]!["spec"] as object, { [field]: { kind, name } });
  return referring;
}
