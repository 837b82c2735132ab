import { may } from "../kube/permission.ts";
import { hitNodes, nodesOf, request } from "../faults/hit.ts";
import { registerNode } from "../safety/undo-step.ts";
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
    asks: [may(["get", "delete", "create", "patch"], nodes)],
    lacks: () => null,
    targets: nodesOf,
    apply: (cluster, victims, undo) =>
      hitNodes(victims, async (name) => {
        const node = await cluster.kube.get<Node>(nodes, name);
        if (node !== null) await undo.push(registerNode(node));
        return request(cluster, `${name} was deleted`, () => cluster.kube.delete(nodes, name));
      }),
  };
}
