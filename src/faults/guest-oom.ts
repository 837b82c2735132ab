import type { Fault } from "./fault.ts";
import { hitEach } from "./hit.ts";

/** Each victim's guest runs out of its own memory: its kernel kills what serves in it, and the platform sees nothing. */
export function guestOom(): Fault {
  return {
    name: "guest-oom",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "the guest runs out of memory and its own kernel kills what serves in it",
    needs: ["guest-memory"],
    unfit: () => null,
    targets: (victims) => victims.map((victim) => `guest of ${victim.vmi.name} on ${victim.node}`),
    inject: ({ actuators }, victims) => hitEach(victims, ({ vmi }) => actuators.exhaustGuest(vmi)),
    // What was killed in a guest is not started again from outside.
    revert: async () => {},
  };
}
