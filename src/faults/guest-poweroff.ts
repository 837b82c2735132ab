import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Each victim's guest switches itself off, as `poweroff` in it does. */
export function guestPoweroff(): Fault {
  return {
    name: "guest-poweroff",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the guest switches itself off",
    needs: ["guest-power"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `guest of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.powerOffGuest(vmi)),
    // What is off was told to be; starting it is the run strategy's.
    revert: async () => {},
  };
}
