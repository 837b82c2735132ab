import type { Cluster } from "../cluster/cluster.ts";
import type { Victim } from "../faults/fault.ts";
import { condition, type VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";

/** The victims that are seen not to be back: the VMI that was hit is still there, and it does not serve. */
export async function whoNeedsHelp({ kube }: Pick<Cluster, "kube">, victims: Victim[]): Promise<Victim[]> {
  const namespaces = [...new Set(victims.map(({ vmi }) => vmi.namespace))];
  const lists = await Promise.all(
    namespaces.map((namespace) => kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace })),
  );
  const present = lists.flat();
  return victims.filter(({ vmi }) => {
    const now = present.find(({ metadata }) => metadata.uid === vmi.uid);
    return now !== undefined && !serves(now);
  });
}

function serves({ metadata, status, ...vmi }: VirtualMachineInstance): boolean {
  if (status.phase !== "Running" || metadata.deletionTimestamp !== undefined) return false;
  return condition({ ...vmi, status }, "Ready")?.status === "True";
}
