import { nodes } from "../kube/resources.ts";
import { may } from "../kube/permission.ts";
import { hitNodes, nodesOf, request } from "../faults/hit.ts";
import type { Taint } from "../kube/objects.ts";
import { changeTaints } from "./taints.ts";
import type { Remedy } from "./remedy.ts";

const taint: Taint = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" };

/** Tells the cluster that the node is off for certain, so that its pods and volumes are given up at once. */
export function outOfServiceTaint(): Remedy {
  return {
    name: "out-of-service-taint",
    scope: "node",
    sharing: "independent",
    summary: "kubectl taint node node.kubernetes.io/out-of-service=nodeshutdown:NoExecute",
    asks: [may(["get", "patch"], nodes)],
    lacks: () => null,
    targets: nodesOf,
    apply: (cluster, victims, undo) =>
      hitNodes(victims, async (node) => {
        await undo.push({ do: "remove-taint", node, key: taint.key });
        return request(cluster, `${node} is tainted out of service`, () =>
          changeTaints(cluster, node, (taints) => [...taints.filter(({ key }) => key !== taint.key), taint]),
        );
      }),
  };
}
