import { may } from "../kube/permission.ts";
import { hitEach, request } from "../faults/hit.ts";
import { pods } from "../kube/resources.ts";
import { launcherPods } from "../workload/launcher-pods.ts";
import type { Remedy } from "./remedy.ts";

/**
 * Removes the launcher pods' objects, whatever runs of them. Safe only where the node is known to be off: the
 * guest of a node that is merely cut off runs on, beside its replacement.
 */
export function forceDelete(): Remedy {
  return {
    name: "force-delete",
    scope: "vm",
    sharing: "independent",
    summary: "kubectl delete pod --force --grace-period=0 of the launcher pods",
    asks: [may(["delete"], pods)],
    lacks: () => null,
    targets: (victims) => victims.map(({ vmi }) => `launcher pod of ${vmi.name}`),
    apply: (cluster, victims) =>
      hitEach(victims, ({ vmi }) =>
        request(cluster, "its launcher pod was deleted by force", async () => {
          for (const pod of await launcherPods(cluster, vmi)) {
            await cluster.kube.delete(pods, pod.metadata.name, vmi.namespace, { gracePeriodSeconds: 0 });
          }
        }),
      ),
  };
}
