import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Kills each victim's virt-launcher; its monitor then ends qemu, and the pod fails. */
export function launcherKill(): Fault {
  return {
    name: "launcher-kill",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "kill -9 of the VM's virt-launcher",
    needs: ["kill-launcher"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `virt-launcher of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.killLauncher(vmi)),
    // Its pod is never started again.
    revert: async () => {},
  };
}
