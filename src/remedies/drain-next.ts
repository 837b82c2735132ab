import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import { drain, drainNeeds, drainNodes } from "../faults/drain.ts";
import type { Victim } from "../faults/fault.ts";
import { nodesOf } from "../faults/hit.ts";
import type { VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import { revertFault } from "../safety/undo-step.ts";
import type { Remedy } from "./remedy.ts";

/** Maintenance of the next node: drains the one that the VMs went to when the first was drained. */
export function drainNext(): Remedy {
  return {
    name: "drain-next",
    scope: "node",
    sharing: "queued",
    isForAll: true,
    summary: "kubectl drain of the node that the VMs went to",
    asks: drainNeeds,
    lacks: () => null,
    targets: () => ["the node that the VMs went to"],
    apply: async (cluster, victims, undo) => {
      const now = await asTheyAre(cluster, victims);
      const refusal = (await cluster.refuses?.({ nodes: nodesOf(now), victims: now.map(({ vmi }) => vmi) })) ?? null;
      if (refusal !== null) throw new EnvironmentError(`the guards refuse it: ${refusal}`);
      await undo.push(revertFault(drain(), now, null));
      return drainNodes(cluster, now);
    },
  };
}

/** The victims that still run, where they run by now. */
async function asTheyAre({ kube }: Cluster, victims: Victim[]): Promise<Victim[]> {
  const found = await Promise.all(
    victims.map(async (victim) => {
      const { namespace, name, uid } = victim.vmi;
      const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
      const node = vmi?.metadata.uid === uid ? vmi.status.nodeName : undefined;
      return node === undefined ? [] : [{ ...victim, node }];
    }),
  );
  return found.flat();
}
