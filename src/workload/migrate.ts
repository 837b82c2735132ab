import type { Cluster, VmiRef } from "../cluster/cluster.ts";
import { may, mayCall, type Permission } from "../kube/permission.ts";
import { migrations, virtualMachines } from "../kube/resources.ts";
import type { Variant } from "./variant.ts";

/** What that asks of the API server. */
export const migrateNeeds: Permission[] = [mayCall(virtualMachines, "migrate"), may(["create"], migrations)];

/** Asks for a live migration as virtctl does; of a VMI without a VM by the object that virtctl would have made. */
export async function migrate(
  { kube }: Pick<Cluster, "kube">,
  { name: vm, kind }: Pick<Variant, "name" | "kind">,
  { namespace, name }: VmiRef,
): Promise<void> {
  if (kind === "VirtualMachine") {
    await kube.subresource(virtualMachines.plural, namespace, vm, "migrate");
    return;
  }
  await kube.create({
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstanceMigration",
    metadata: { namespace, generateName: "kubevirt-migrate-vm-" },
    spec: { vmiName: name },
  });
}
