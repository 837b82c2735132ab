import { mayCall } from "../kube/permission.ts";
import { virtualMachines } from "../kube/resources.ts";
import type { Fault } from "./fault.ts";
import { hitEach, request } from "./hit.ts";

/** Asks KubeVirt to restart each victim, as an administrator does. */
export function virtctlRestart(): Fault {
  return {
    name: "virtctl-restart",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "virtctl restart",
    needs: [],
    asks: [mayCall(virtualMachines, "restart")],
    unfit: ({ kind }) => (kind === "VirtualMachine" ? null : "virtctl restart is for virtual machines alone"),
    targets: (victims) => victims.map(({ variant }) => `VM ${variant.name}`),
    inject: (cluster, victims) =>
      hitEach(victims, ({ variant, vmi: { namespace } }) =>
        request(cluster, "the restart was accepted", () =>
          cluster.kube.subresource(virtualMachines.plural, namespace, variant.name, "restart"),
        ),
      ),
    // It is what an administrator wants; nothing is taken back.
    revert: async () => {},
  };
}
