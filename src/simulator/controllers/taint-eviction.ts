import type { Node, Pod } from "../../kube/objects.ts";
import { tolerates } from "../../kube/tolerations.ts";
import { WorkQueue } from "../controller.ts";
import type { Timer } from "../event-clock.ts";
import { recordEvent } from "../event-recorder.ts";
import { same } from "../frozen.ts";
import type { World } from "../world.ts";
import { markDisrupted } from "./disruption.ts";

const component = "kube-controller-manager";
const source = "taint-eviction-controller";

/**
 * The taint eviction controller (pkg/controller/tainteviction): deletes pods that do not tolerate their node's
 * NoExecute taints, at once or when their tolerationSeconds are over, unless the taints go first.
 */
export function startTaintEviction(world: World): void {
  /** Pods waiting for their deletion, by UID. */
  const appointments = new Map<string, Timer>();
  const nodes = new WorkQueue(world, "taint eviction: nodes", component, (name) => {
    for (const pod of world.index.podsOn(name)) judge(pod);
  });
  const pods = new WorkQueue(world, "taint eviction: pods", component, (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const pod = world.store.get<Pod>("pods", namespace, name);
    if (pod !== undefined) judge(pod);
  });
  const evictions = new WorkQueue(world, "taint eviction", component, (key) => {
    const [namespace, name, uid] = key.split("/") as [string, string, string];
    const pod = world.store.get<Pod>("pods", namespace, name);
    if (pod?.metadata.uid === uid) evict(pod);
  });

  world.store.subscribe(({ verb, resource, object, old }) => {
    if (resource === "nodes" && verb !== "DELETED") {
      if (!same(noExecute(object as Node), noExecute(old as Node | undefined))) nodes.add(object.metadata.name);
    }
    if (resource !== "pods") return;
    const [pod, before] = [object as Pod, old as Pod | undefined];
    if (verb === "DELETED")
      world.clock.schedule(world.random.between(5, 40, pod.metadata.uid, "gone"), () => cancel(pod));
    else if (pod.spec.nodeName !== before?.spec.nodeName || !same(pod.spec.tolerations, before?.spec.tolerations)) {
      const node = world.store.get<Node>("nodes", undefined, pod.spec.nodeName ?? "");
      if (noExecute(node).length > 0) pods.add(`${pod.metadata.namespace}/${pod.metadata.name}`);
    }
  });

  function judge(pod: Pod): void {
    const taints = noExecute(world.store.get<Node>("nodes", undefined, pod.spec.nodeName ?? ""));
    if (taints.length === 0) return cancel(pod);
    const matching = taints.map((taint) => (pod.spec.tolerations ?? []).filter((one) => tolerates(one, taint)));
    if (matching.some((tolerations) => tolerations.length === 0)) {
      cancel(pod);
      evict(pod);
      return;
    }
    const limits = matching.flat().flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (limits.length === 0) return cancel(pod);
    const { namespace, name, uid } = pod.metadata;
    // Whatever taints come after the first, the appointment stands.
    if (appointments.has(uid)) return;
    const timer = world.clock.schedule(Math.max(0, Math.min(...limits)) * 1000, () => {
      appointments.delete(uid);
      // A few workers share the pods of a node that fall due at once: they are marked one after the other.
      evictions.add(`${namespace}/${name}/${uid}`, world.random.between(5, 120, uid, "eviction"));
    });
    appointments.set(uid, timer);
  }

  /** The pod is not to be deleted for a taint any more: it is safe, deleted already, or goes at once. */
  function cancel(pod: Pod): void {
    const timer = appointments.get(pod.metadata.uid);
    if (timer === undefined) return;
    timer.cancel();
    appointments.delete(pod.metadata.uid);
    tell(pod, "Cancelling deletion of");
  }

  function evict(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    tell(pod, "Marking for deletion");
    markDisrupted(world, pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
    world.store.delete("pods", namespace, name, { preconditions: { uid } });
  }

  /** It knows pods by their names alone. */
  function tell({ metadata: { namespace = "", name } }: Pod, what: string): void {
    const about = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name } };
    recordEvent(world, about, "Normal", "TaintManagerEviction", `${what} Pod ${namespace}/${name}`, source);
  }
}

function noExecute(node: Node | undefined): NonNullable<Node["spec"]["taints"]> {
  return (node?.spec.taints ?? []).filter((taint) => taint.effect === "NoExecute");
}
