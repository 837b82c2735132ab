import { mayCall } from "../kube/permission.ts";
import { virtualMachines } from "../kube/resources.ts";
import type { Fault } from "./fault.ts";
import { hitEach, request } from "./hit.ts";

/** Asks KubeVirt to stop each victim, as an administrator does. */
export function virtctlStop(): Fault {
  return {
    name: "virtctl-stop",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "virtctl stop",
    needs: [],
    asks: [mayCall(virtualMachines, "stop")],
    unfit: ({ kind }) => (kind === "VirtualMachine" ? null : "virtctl stop is for virtual machines alone"),
    targets: (victims) => victims.map(({ variant }) => `VM ${variant.name}`),
    inject: (cluster, victims) =>
      hitEach(victims, ({ variant, vmi: { namespace } }) =>
        request(cluster, "the stop was accepted", () =>
          cluster.kube.subresource(virtualMachines.plural, namespace, variant.name, "stop"),
        ),
      ),
    // It is what an administrator wants; nothing is taken back.
    revert: async () => {},
  };
}
