import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Kills each victim's qemu, and only qemu, with SIGKILL: the guest is gone at once, its launcher is not. */
export function vmCrash(): Fault {
  return {
    name: "vm-crash",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "kill -9 of the VM's qemu process",
    needs: ["kill-qemu"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `qemu of ${victim.vmi.name} on ${victim.node}`),
    inject: (cluster, victims) => hitEach(victims, (victim) => cluster.actuators.killQemu(victim.vmi)),
    // Nothing is left to take back: the process is dead, and its pod goes with it.
    revert: async () => {},
  };
}
