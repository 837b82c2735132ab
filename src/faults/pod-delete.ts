import { may } from "../kube/permission.ts";
import { launcherPods } from "../workload/launcher-pods.ts";
import { pods } from "../kube/resources.ts";
import type { Fault } from "./fault.ts";
import { hitEach, request } from "./hit.ts";

export interface PodDeleteOptions {
  /** `true`: the pod's object is removed at once, whatever still runs of it. By default its grace is left to it. */
  force?: boolean;
}

/** Deletes each victim's launcher pod, past the Eviction API. */
export function podDelete({ force = false }: PodDeleteOptions = {}): Fault {
  const options = force ? { gracePeriodSeconds: 0 } : {};
  return {
    name: "pod-delete",
    parameters: { force },
    scope: "vm",
    sharing: "independent",
    summary: force ? "kubectl delete pod --force --grace-period=0" : "kubectl delete pod",
    needs: [],
    asks: [may(["delete"], pods)],
    unfit: () => null,
    targets: (victims) => victims.map(({ vmi }) => `launcher pod of ${vmi.name}`),
    inject: (cluster, victims) =>
      hitEach(victims, ({ vmi }) =>
        request(cluster, `its launcher pod was deleted${force ? " by force" : ""}`, async () => {
          for (const pod of await launcherPods(cluster, vmi)) {
            await cluster.kube.delete(pods, pod.metadata.name, vmi.namespace, options);
          }
        }),
      ),
    // A deleted pod does not come back; what takes its place is the platform's.
    revert: async () => {},
  };
}
