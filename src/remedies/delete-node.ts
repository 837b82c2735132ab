import type { Cluster } from "../cluster/cluster.ts";
import { hitNodes, nodesOf, request } from "../faults/hit.ts";
import type { Node } from "../kube/objects.ts";
import { nodes } from "../kube/resources.ts";
import type { Remedy } from "./remedy.ts";

/** Removes the node's object; its pods are orphans then, which the pod garbage collector removes by force. */
export function deleteNode(): Remedy {
  return {
    name: "delete-node",
    scope: "node",
    sharing: "independent",
    summary: "kubectl delete node",
    lacks: () => null,
    targets: nodesOf,
    apply: (cluster, victims, undo) =>
      hitNodes(victims, async (name) => {
        const node = await cluster.kube.get<Node>(nodes, name);
        if (node !== null) undo.push(`node ${name}`, () => register(cluster, node));
        return request(cluster, `${name} was deleted`, () => cluster.kube.delete(nodes, name));
      }),
  };
}

/** Puts a node's object back with what an administrator had put on it, unless its kubelet has done so. */
async function register({ kube }: Cluster, { metadata: { name, labels = {} } }: Node): Promise<void> {
  if ((await kube.get(nodes, name)) !== null) await kube.mergePatch(nodes, name, undefined, { metadata: { labels } });
  else await kube.create({ apiVersion: "v1", kind: "Node", metadata: { name, labels } });
}
