import { virtualMachineInstances } from "../kube/resources.ts";
import { may } from "../kube/permission.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Fault, Hit, Victim } from "./fault.ts";
import { hitEach } from "./hit.ts";
import { isRunning, successorOf } from "./successor.ts";

export interface VmCrashOptions {
  /** How often, each time as soon as the VM runs again; by default once. What is measured begins with the last. */
  times?: number;
}

/** How long a VM that crashed is waited for to run again, in milliseconds. */
const successorMs = 120_000;

/** Kills each victim's qemu, and only qemu, with SIGKILL: the guest is gone at once, its launcher is not. */
export function vmCrash({ times = 1 }: VmCrashOptions = {}): Fault {
  return {
    name: "vm-crash",
    parameters: times === 1 ? {} : { times },
    scope: "vm",
    sharing: "independent",
    summary: `kill -9 of the VM's qemu process${times === 1 ? "" : `, ${times} times in a row`}`,
    needs: ["kill-qemu"],
    asks: times > 1 ? [may(["get"], virtualMachineInstances)] : [],
    unfit: ({ kind }) =>
      times > 1 && kind === "VirtualMachineInstanceReplicaSet"
        ? "its members are not followed by one of their name"
        : null,
    targets: (victims) => victims.map((victim) => `qemu of ${victim.vmi.name} on ${victim.node}`),
    inject: async (cluster, victims) => {
      const series = await Promise.all(victims.map((victim) => crash(cluster, victim, times)));
      return series.flat();
    },
    // Nothing is left to take back: the process is dead, and its pod goes with it.
    revert: async () => {},
  };
}

/** Kills a victim, and what follows it, until the last time or until nothing follows. */
async function crash(cluster: Cluster, victim: Victim, times: number): Promise<Hit[]> {
  const hits = await hitEach([victim], ({ vmi }) => cluster.actuators.killQemu(vmi));
  const next = times > 1 && hits[0]?.receipt ? await successorOf(cluster, victim, successorMs, isRunning) : null;
  return next === null ? hits : crash(cluster, next, times - 1);
}
