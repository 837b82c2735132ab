import { ApiError } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Node, Taint } from "../kube/objects.ts";
import { nodes } from "../kube/resources.ts";

/** Taints that the platform sets and takes away by itself, as the node's conditions change. */
export const conditionTaint =
  /^node\.kubernetes\.io\/(not-ready|unreachable|unschedulable|memory-pressure|disk-pressure|pid-pressure|network-unavailable)$/;

/** Rewrites a node's taints, again where another did so in between; nothing happens where the node is gone. */
export async function changeTaints(
  { kube }: Pick<Cluster, "kube">,
  name: string,
  change: (taints: Taint[]) => Taint[],
): Promise<void> {
  for (;;) {
    const node = await kube.get<Node>(nodes, name);
    if (node === null) return;
    const { resourceVersion } = node.metadata;
    try {
      const taints = change(node.spec.taints ?? []);
      await kube.mergePatch(nodes, name, undefined, { metadata: { resourceVersion }, spec: { taints } });
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 409) throw error;
    }
  }
}
