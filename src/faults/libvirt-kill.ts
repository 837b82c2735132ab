import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Kills each victim's libvirt daemon, between virt-launcher and qemu: its launcher starts another. */
export function libvirtKill(): Fault {
  return {
    name: "libvirt-kill",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "kill -9 of the VM's virtqemud",
    needs: ["kill-libvirt"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `virtqemud of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.killLibvirt(vmi)),
    // Its launcher puts it back.
    revert: async () => {},
  };
}
