import type { Cluster } from "../cluster/cluster.ts";
import type { Victim } from "../faults/fault.ts";
import { hitEach, request } from "../faults/hit.ts";
import { virtualMachines } from "../kube/resources.ts";
import type { Remedy } from "./remedy.ts";

/** Asks for a live migration of each VM; of a VMI without a VM by the object that virtctl would have made. */
export function virtctlMigrate(): Remedy {
  return {
    name: "virtctl-migrate",
    scope: "vm",
    sharing: "queued",
    summary: "virtctl migrate",
    lacks: () => null,
    targets: (victims) => victims.map(({ vmi }) => `VMI ${vmi.name}`),
    apply: (cluster, victims) =>
      hitEach(victims, (victim) => request(cluster, "the migration was accepted", () => migrate(cluster, victim))),
  };
}

async function migrate({ kube }: Cluster, { variant, vmi: { namespace, name } }: Victim): Promise<void> {
  if (variant.kind === "VirtualMachine") {
    await kube.subresource(virtualMachines.plural, namespace, variant.name, "migrate");
    return;
  }
  await kube.create({
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstanceMigration",
    metadata: { namespace, generateName: "kubevirt-migrate-vm-" },
    spec: { vmiName: name },
  });
}
