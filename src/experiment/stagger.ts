import { DeadlineError } from "../clock/deadline.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { condition, type VirtualMachineInstance } from "../kube/objects.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import { replicasOf } from "../workload/variant.ts";
import type { Plan, PlannedVariant } from "./plan.ts";
import type { Hearing } from "./steady-state.ts";
import { vmisOf } from "./victims.ts";

/** Emulated guests that boot at once on a small machine boot so slowly that their own probes kill them. */
const bootingAtOnce = 2;

/** What does not come up is not waited for; the steady state says what is wrong with it. In milliseconds. */
const limitMs = 60_000;

/**
 * Where guests are emulated, waits until there is room for another one beside those that were deployed. One that has
 * no readiness probe is Ready before it boots: it has booted when it answers.
 */
export async function waitForRoomToBoot(
  plan: Plan,
  deployed: readonly PlannedVariant[],
  { kube, clock }: Cluster,
  hearing: Hearing,
  signal?: AbortSignal,
): Promise<void> {
  if (plan.cluster.acceleration !== "tcg") return;
  const { namespace } = plan;
  const started = deployed.filter(({ runStrategy, neverUp }) => runStrategy !== "Halted" && neverUp !== true);
  const look = async () => {
    const vmis = await kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace });
    const booting = started.filter((variant) => !isUp(variant, vmis, hearing)).map(({ name }) => name);
    return booting.length < bootingAtOnce || notYet(`${booting.join(", ")} boot`);
  };
  const wait = { what: "room for the next guest to boot", limitMs, everyMs: 500, look };
  await waitUntil(clock, { ...wait, ...(signal !== undefined && { signal }) }).catch((error: unknown) => {
    if (!(error instanceof DeadlineError)) throw error;
  });
}

/** The VM may be there for a while before its VMI is. */
function isUp(variant: PlannedVariant, vmis: VirtualMachineInstance[], hearing: Hearing): boolean {
  const own = vmisOf(variant, vmis);
  const isServing = (vmi: VirtualMachineInstance): boolean =>
    condition(vmi, "Ready")?.status === "True" && hearing.answers(vmi.metadata.uid);
  return own.length >= replicasOf(variant) && own.every(isServing);
}
