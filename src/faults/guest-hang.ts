import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Each victim's guest hangs: it answers nothing and obeys nothing, and its qemu runs on. */
export function guestHang(): Fault {
  return {
    name: "guest-hang",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the guest's kernel does nothing more",
    needs: ["hang-guest"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `guest of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.hangGuest(vmi)),
    // A hung guest stays hung.
    revert: async () => {},
  };
}
