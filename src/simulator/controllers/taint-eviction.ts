import type { Node, Pod } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { Timer } from "../event-clock.ts";
import { recordEvent } from "../event-recorder.ts";
import { same } from "../frozen.ts";
import type { World } from "../world.ts";
import { markDisrupted } from "./disruption.ts";
import { tolerates } from "./tolerations.ts";

const component = "kube-controller-manager";
const source = "taint-eviction-controller";

/**
 * The taint eviction controller (pkg/controller/tainteviction): deletes pods that do not tolerate their node's
 * NoExecute taints, at once or when their tolerationSeconds are over, unless the taints go first.
 */
export function startTaintEviction(world: World): void {
  /** Pods waiting for their deletion, by UID. */
  const appointments = new Map<string, { timer: Timer; atMs: number; pod: Pod }>();
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
    const pod = object as Pod;
    if (verb === "DELETED") cancel(pod.metadata.uid);
    else if (pod.spec.nodeName !== undefined && (old as Pod | undefined)?.spec.nodeName === undefined) {
      const node = world.store.get<Node>("nodes", undefined, pod.spec.nodeName);
      if (noExecute(node).length > 0) pods.add(`${pod.metadata.namespace}/${pod.metadata.name}`);
    }
  });

  function judge(pod: Pod): void {
    const taints = noExecute(world.store.get<Node>("nodes", undefined, pod.spec.nodeName ?? ""));
    const { uid } = pod.metadata;
    if (taints.length === 0) {
      if (cancel(uid)) {
        const message = `Cancelling deletion of Pod ${pod.metadata.namespace}/${pod.metadata.name}`;
        recordEvent(world, pod, "Normal", "TaintManagerEviction", message, source);
      }
      return;
    }
    const matching = taints.map((taint) => (pod.spec.tolerations ?? []).filter((one) => tolerates(one, taint)));
    if (matching.some((tolerations) => tolerations.length === 0)) {
      cancel(uid);
      evict(pod);
      return;
    }
    const limits = matching.flat().flatMap(({ tolerationSeconds }) => tolerationSeconds ?? []);
    if (limits.length === 0) {
      cancel(uid);
      return;
    }
    const delayMs = Math.max(0, Math.min(...limits)) * 1000;
    const atMs = world.clock.now() + delayMs;
    const present = appointments.get(uid);
    if (present !== undefined) {
      if (present.atMs <= atMs) return;
      cancel(uid);
    }
    const timer = world.clock.schedule(delayMs, () => {
      appointments.delete(uid);
      // A few workers share the pods of a node that fall due at once: they are marked one after the other.
      const delayMs = world.random.between(5, 120, uid, "eviction");
      evictions.add(`${pod.metadata.namespace}/${pod.metadata.name}/${uid}`, delayMs);
    });
    appointments.set(uid, { timer, atMs, pod });
  }

  function cancel(uid: string): boolean {
    appointments.get(uid)?.timer.cancel();
    return appointments.delete(uid);
  }

  function evict(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    recordEvent(world, pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`, source);
    markDisrupted(world, pod, "DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
    world.store.delete("pods", namespace, name, { preconditions: { uid } });
  }
}

function noExecute(node: Node | undefined): NonNullable<Node["spec"]["taints"]> {
  return (node?.spec.taints ?? []).filter((taint) => taint.effect === "NoExecute");
}
