import type { Cluster } from "../cluster/cluster.ts";
import type { Node } from "../kube/objects.ts";
import { nodes } from "../kube/resources.ts";
import { may, type Permission } from "../kube/permission.ts";

/** The annotation of a node that Rebound cordoned; one that somebody else had cordoned before has none, and stays so. */
const mark = "rebound.dev/cordoned";

/** What cordoning asks of the API server. */
export const cordonNeeds: Permission = may(["get", "patch"], nodes);

/** Lets nothing new be scheduled to a node. */
export async function cordon({ kube }: Cluster, name: string): Promise<void> {
  const node = await kube.get<Node>(nodes, name);
  if (node?.spec.unschedulable === true) return;
  const patch = { metadata: { annotations: { [mark]: "" } }, spec: { unschedulable: true } };
  await kube.mergePatch(nodes, name, undefined, patch);
}

/** Takes back what `cordon` did; where somebody else had cordoned the node, it stays cordoned. */
export async function liftCordon(cluster: Cluster, name: string): Promise<void> {
  if (await isCordonedByUs(cluster, name)) await uncordonNode(cluster, name);
}

export async function isCordonedByUs({ kube }: Cluster, name: string): Promise<boolean> {
  const node = await kube.get<Node>(nodes, name);
  return node?.metadata.annotations?.[mark] !== undefined;
}

/** Lets everything be scheduled to a node again, whoever cordoned it. */
export async function uncordonNode({ kube }: Cluster, name: string): Promise<void> {
  const patch = { metadata: { annotations: { [mark]: null } }, spec: { unschedulable: null } };
  await kube.mergePatch(nodes, name, undefined, patch);
}
