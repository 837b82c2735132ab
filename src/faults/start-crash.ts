import { virtualMachineInstances } from "../kube/resources.ts";
import { may } from "../kube/permission.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { launcherPods } from "../workload/launcher-pods.ts";
import type { Fault, Hit, Victim } from "./fault.ts";
import { hitEach } from "./hit.ts";
import { isRunning, successorOf, type Meets } from "./successor.ts";

export interface StartCrashOptions {
  /** How many starts in a row fail; 1 by default. */
  times?: number;
  /** It is left to run after that and then crashed once more, with which what is measured begins. */
  thenCrash?: boolean;
}

/** How long a victim is waited for to be started again, in milliseconds; the longest back-off included (300 s). */
const nextStartMs = 360_000;

/**
 * Crashes each victim, and then kills the launchers of what follows it before they run, so many times in a row: the
 * platform waits ever longer between starts that fail. What is measured begins with the last kill.
 */
export function startCrash({ times = 1, thenCrash = false }: StartCrashOptions = {}): Fault {
  return {
    name: "start-crash",
    parameters: { times, thenCrash },
    scope: "vm",
    sharing: "independent",
    summary: `the VM crashes, and its next ${times === 1 ? "start fails" : `${times} starts fail`}${thenCrash ? "; once it has run, it crashes again" : ""}`,
    needs: ["kill-qemu", "kill-launcher"],
    asks: [may(["get"], virtualMachineInstances)],
    unfit: ({ kind, runStrategy }) => {
      if (kind === "VirtualMachine" && (runStrategy === "Always" || runStrategy === "RerunOnFailure")) return null;
      return "nothing starts it again after a crash";
    },
    targets: (victims) => victims.map((victim) => `qemu and virt-launcher of ${victim.vmi.name}`),
    inject: async (cluster, victims) => {
      const series = await Promise.all(victims.map((victim) => crash(cluster, victim, times, thenCrash)));
      return series.flat();
    },
    // A back-off ends by itself.
    revert: async () => {},
  };
}

async function crash(cluster: Cluster, first: Victim, times: number, thenCrash: boolean): Promise<Hit[]> {
  const { actuators } = cluster;
  let victim = first;
  let hits = await hitEach([victim], ({ vmi }) => actuators.killQemu(vmi));
  for (let start = 1; start <= times && hits[0]?.receipt; start++) {
    const next = await successorOf(cluster, victim, nextStartMs, isStarting(cluster, victim.vmi.namespace));
    if (next === null) return missed(victim, `its start ${start} could not be met before it ran`);
    victim = next;
    hits = await hitEach([victim], ({ vmi }) => actuators.killLauncher(vmi));
  }
  if (!thenCrash) return hits;
  const last = await successorOf(cluster, victim, nextStartMs, isRunning);
  if (last === null) return missed(victim, "it did not run again");
  return hitEach([last], ({ vmi }) => actuators.killQemu(vmi));
}

function missed(victim: Victim, reason: string): Hit[] {
  return [{ victim, receipt: null, reason, refused: false }];
}

/** Its launcher runs, and its guest does not yet. */
function isStarting(cluster: Cluster, namespace: string): Meets {
  return async ({ metadata: { name, uid }, status: { phase } }) => {
    if (phase !== "Scheduling" && phase !== "Scheduled") return false;
    const pods = await launcherPods(cluster, { namespace, name, uid });
    return pods.some(({ status }) =>
      status.containerStatuses?.some(
        (container) => container.name === "compute" && container.state.running !== undefined,
      ),
    );
  };
}
