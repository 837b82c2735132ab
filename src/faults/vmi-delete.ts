import { may } from "../kube/permission.ts";
import { virtualMachineInstances } from "../kube/resources.ts";
import type { Fault } from "./fault.ts";
import { hitEach, request } from "./hit.ts";

/** Deletes each victim's VMI, as a user would and no controller does. */
export function vmiDelete(): Fault {
  return {
    name: "vmi-delete",
    parameters: {},
    scope: "vm",
    sharing: "independent",
    summary: "kubectl delete vmi",
    needs: [],
    asks: [may(["delete"], virtualMachineInstances)],
    unfit: () => null,
    targets: (victims) => victims.map(({ vmi }) => `VMI ${vmi.name}`),
    inject: (cluster, victims) =>
      hitEach(victims, ({ vmi }) =>
        request(cluster, "its VMI was deleted", () =>
          cluster.kube.delete(virtualMachineInstances, vmi.name, vmi.namespace),
        ),
      ),
    // Nothing of a deleted VMI is left to put back.
    revert: async () => {},
  };
}
