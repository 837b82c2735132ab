import type { Cluster } from "../cluster/cluster.ts";
import type { Node, Pod } from "../kube/objects.ts";
import { freeOn } from "../kube/pod-requests.ts";
import { kubeVirts, nodes, pods } from "../kube/resources.ts";
import type { Host, KubeVirtObject } from "../workload/hosting.ts";
import { takesVms } from "./victims.ts";

/** Looks at what VMs find on the cluster. What is free is not asked of one that others use: it will not be what it was. */
export async function surveyHost({ kube, description }: Pick<Cluster, "kube" | "description">): Promise<Host> {
  const isShared = description.provider === "existing";
  const [all, [kubeVirt], present] = await Promise.all([
    kube.list<Node>(nodes),
    kube.list<KubeVirtObject>(kubeVirts),
    isShared ? [] : kube.list<Pod>(pods),
  ]);
  const workers = all.filter(takesVms).map((node) => ({ node, freeBytes: freeOn(node, present).get("memory") ?? 0 }));
  return { workers, kubeVirt, isShared };
}
