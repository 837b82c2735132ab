import { EnvironmentError } from "../errors.ts";
import { cordonNeeds, isCordonedByUs, uncordonNode } from "../faults/cordon.ts";
import { hitNodes, nodesOf, request } from "../faults/hit.ts";
import type { Node } from "../kube/objects.ts";
import { nodes } from "../kube/resources.ts";
import type { Remedy } from "./remedy.ts";

/** The end of a maintenance: makes the drained node schedulable again, and sees that it is. */
export function uncordon(): Remedy {
  return {
    name: "uncordon",
    scope: "node",
    sharing: "independent",
    isForAll: true,
    summary: "kubectl uncordon of the node that was drained",
    asks: [cordonNeeds],
    lacks: () => null,
    targets: nodesOf,
    apply: (cluster, victims, undo) =>
      hitNodes(victims, async (name) => {
        const isUnschedulable = async () => (await cluster.kube.get<Node>(nodes, name))?.spec.unschedulable === true;
        if ((await isUnschedulable()) && !(await isCordonedByUs(cluster, name))) {
          await undo.push({ do: "merge-patch", resource: nodes, name, patch: { spec: { unschedulable: true } } });
        }
        return request(cluster, `${name} is schedulable again`, async () => {
          await uncordonNode(cluster, name);
          if (!(await isUnschedulable())) return;
          throw new EnvironmentError(`${name} is not schedulable after it was uncordoned; somebody else cordons it`);
        });
      }),
  };
}
