import { may } from "../kube/permission.ts";
import { EnvironmentError } from "../errors.ts";
import { cordon } from "../faults/drain.ts";
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
    asks: [may(["get", "patch"], nodes)],
    lacks: () => null,
    targets: nodesOf,
    apply: (cluster, victims) =>
      hitNodes(victims, (name) =>
        request(cluster, `${name} is schedulable again`, async () => {
          await cordon(cluster, name, false);
          const node = await cluster.kube.get<Node>(nodes, name);
          if (node?.spec.unschedulable !== true) return;
          throw new EnvironmentError(`${name} is not schedulable after it was uncordoned; somebody else cordons it`);
        }),
      ),
  };
}
