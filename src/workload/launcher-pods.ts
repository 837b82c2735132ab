import type { Cluster, VmiRef } from "../cluster/cluster.ts";
import type { Pod } from "../kube/objects.ts";
import { pods } from "../kube/resources.ts";

/** The launcher pods of a VMI that are there: one, or two while it migrates. */
export function launcherPods({ kube }: Pick<Cluster, "kube">, { namespace, uid }: VmiRef): Promise<Pod[]> {
  return kube.list<Pod>(pods, { namespace, labelSelector: `kubevirt.io/created-by=${uid}` });
}
