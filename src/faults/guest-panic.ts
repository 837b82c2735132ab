import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Each victim's guest has a kernel panic; only with a panic device does the platform hear of it. */
export function guestPanic(): Fault {
  return {
    name: "guest-panic",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the guest's kernel panics",
    needs: ["panic-guest"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `guest of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.panicGuest(vmi)),
    // A kernel that panicked does not go on.
    revert: async () => {},
  };
}
