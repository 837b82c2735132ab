import { DeadlineError } from "../clock/deadline.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import type { Victim } from "./fault.ts";

/** How often a successor is looked for, in milliseconds: often enough to meet it before it runs. */
const everyMs = 200;

/** Where a VMI is that followed another, as far as it is worth hitting; otherwise what is seen of it. */
export type Meets = (vmi: VirtualMachineInstance) => Promise<boolean> | boolean;

/**
 * The VMI that follows the victim's under its name, once it is as it should be to be hit; null where none is within
 * the limit.
 */
export async function successorOf(
  { kube, clock }: Cluster,
  victim: Victim,
  limitMs: number,
  meets: Meets,
): Promise<Victim | null> {
  const { namespace, name, uid } = victim.vmi;
  const look = async () => {
    const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
    const isNext = vmi !== null && vmi.metadata.uid !== uid && (await meets(vmi));
    if (!isNext) return notYet(vmi?.status.phase ?? "no VMI");
    return { ...victim, vmi: { namespace, name, uid: vmi.metadata.uid }, node: vmi.status.nodeName ?? victim.node };
  };
  try {
    return await waitUntil(clock, { what: `${name} to follow`, limitMs, everyMs, look });
  } catch (error) {
    if (error instanceof DeadlineError) return null;
    throw error;
  }
}

/** A guest that runs. */
export const isRunning: Meets = (vmi) => vmi.status.phase === "Running";
