import type { KubeObject, Node, Pod } from "../../../kube/objects.ts";
import { untolerated } from "../../controllers/tolerations.ts";
import { WorkQueue } from "../../controller.ts";
import type { World } from "../../world.ts";
import { createAdmitted } from "../create.ts";
import { handlerPod, isControlPlane } from "../install.ts";
import { labels, namespace } from "../names.ts";

/**
 * Keeps one virt-handler pod on every worker, as its DaemonSet does: a node that joins gets one, a lost one is made anew
 * as soon as the node has no taint against it.
 */
export function keepHandlers(world: World): void {
  const queue = new WorkQueue(world, "virt-handler daemon set", "kube-controller-manager", (name) => {
    const node = world.store.get<Node>("nodes", undefined, name);
    if (node === undefined || isControlPlane(node)) return;
    const present = world.index
      .podsOn(name)
      .some((pod) => isHandler(pod) && pod.metadata.deletionTimestamp === undefined);
    const pod = handlerPod(name);
    const fits = untolerated(pod, node.spec.taints ?? [], ["NoSchedule", "NoExecute"]) === undefined;
    if (!present && fits) createAdmitted<Pod>(world, "pods", pod);
  });
  world.store.subscribe(({ verb, resource, object, old }) => {
    if (resource === "nodes" && (verb === "ADDED" || tainted(object) !== tainted(old))) queue.add(object.metadata.name);
    if (resource !== "pods" || verb !== "DELETED" || !isHandler(object as Pod)) return;
    const { nodeName } = (object as Pod).spec;
    if (nodeName !== undefined) queue.add(nodeName);
  });
}

function tainted(node: KubeObject | undefined): string {
  return JSON.stringify((node as Node | undefined)?.spec.taints ?? []);
}

function isHandler({ metadata }: Pod): boolean {
  return metadata.namespace === namespace && metadata.labels?.[labels.app] === "virt-handler";
}
