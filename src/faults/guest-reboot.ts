import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Each victim's guest reboots, as `reboot` in it does. */
export function guestReboot(): Fault {
  return {
    name: "guest-reboot",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the guest reboots by itself",
    needs: ["guest-power"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `guest of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.rebootGuest(vmi)),
    // It comes back by itself.
    revert: async () => {},
  };
}
