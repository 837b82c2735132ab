import type { Node, Pod } from "../../../kube/objects.ts";
import { WorkQueue } from "../../controller.ts";
import type { World } from "../../world.ts";
import { createAdmitted } from "../create.ts";
import { handlerPod, isControlPlane } from "../install.ts";
import { labels, namespace } from "../names.ts";

/** Keeps one virt-handler pod on every worker, as its DaemonSet does: a node that joins gets one, a lost one is made anew. */
export function keepHandlers(world: World): void {
  const queue = new WorkQueue(world, "virt-handler daemon set", "kube-controller-manager", (name) => {
    const node = world.store.get<Node>("nodes", undefined, name);
    if (node === undefined || isControlPlane(node)) return;
    const present = world.index
      .podsOn(name)
      .some((pod) => isHandler(pod) && pod.metadata.deletionTimestamp === undefined);
    if (!present) createAdmitted<Pod>(world, "pods", handlerPod(name));
  });
  world.store.subscribe(({ verb, resource, object }) => {
    if (resource === "nodes" && verb === "ADDED") queue.add(object.metadata.name);
    if (resource !== "pods" || verb !== "DELETED" || !isHandler(object as Pod)) return;
    const { nodeName } = (object as Pod).spec;
    if (nodeName !== undefined) queue.add(nodeName);
  });
}

function isHandler({ metadata }: Pod): boolean {
  return metadata.namespace === namespace && metadata.labels?.[labels.app] === "virt-handler";
}
