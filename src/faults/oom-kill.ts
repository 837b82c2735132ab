import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Drives each victim's compute container over its memory limit until the kernel kills in it. */
export function oomKill(): Fault {
  return {
    name: "oom-kill",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the compute container hits its memory limit and the kernel kills",
    needs: ["container-oom"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `compute container of ${victim.vmi.name} on ${victim.node}`),
    inject: (cluster, victims) => hitEach(victims, (victim) => cluster.actuators.oomKill(victim.vmi)),
    // The limit dies with its container; the next launcher has a new one.
    revert: async () => {},
  };
}
