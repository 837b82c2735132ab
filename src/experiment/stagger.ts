import { DeadlineError } from "../clock/deadline.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { condition, type VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import type { Plan } from "./plan.ts";

/** Emulated guests that boot at once on a small machine boot so slowly that their own probes kill them. */
const bootingAtOnce = 2;

/** What does not come up is not waited for; the steady state says what is wrong with it. In milliseconds. */
const limitMs = 60_000;

/** Where guests are emulated, waits until there is room for the next to boot. */
export async function waitForRoomToBoot(plan: Plan, { kube, clock }: Cluster, signal?: AbortSignal): Promise<void> {
  if (plan.cluster.acceleration !== "tcg") return;
  const { namespace } = plan;
  const look = async () => {
    const vmis = await kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace });
    const booting = vmis.filter(isBooting).map(({ metadata }) => metadata.name);
    return booting.length < bootingAtOnce || notYet(`${booting.join(", ")} boot`);
  };
  const wait = { what: "room for the next guest to boot", limitMs, everyMs: 500, look };
  await waitUntil(clock, { ...wait, ...(signal !== undefined && { signal }) }).catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error;
  });
}

/** One that finds no node boots nothing. */
function isBooting(vmi: VirtualMachineInstance): boolean {
  if (vmi.status.phase === "Succeeded" || vmi.status.phase === "Failed") return false;
  return condition(vmi, "Ready")?.status !== "True" && condition(vmi, "PodScheduled")?.status !== "False";
}
