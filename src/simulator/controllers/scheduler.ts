import type { Condition, Node, Pod } from "../../kube/objects.ts";
import { condition } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { recordEvent } from "../event-recorder.ts";
import { same } from "../frozen.ts";
import type { Change } from "../store.ts";
import type { World } from "../world.ts";
import { NodeUsage } from "./node-resources.ts";
import { accepts, place } from "./scheduling.ts";
import { claimNamesOf, type Claim } from "./claims.ts";
import { selectNode } from "./volume-binder.ts";

const component = "default-scheduler";
/** It is tried again after this even if nothing has changed (scheduling queue: podMaxInUnschedulablePodsDuration). */
const leftoverMs = 300_000;
/** Whether the volumes of a pod have been made is looked at this often. */
const volumeWaitMs = 200;

/** kube-scheduler: gives every pod of its own a node, and tries again when something that stood in the way has changed. */
export function startScheduler(world: World): void {
  const usage = new NodeUsage(world.store);
  /** Keys of the pods that fitted nowhere. */
  const unschedulable = new Set<string>();
  const queue = new WorkQueue(world, "scheduler", "kube-scheduler", schedule);

  for (const pod of world.store.list<Pod>("pods")) if (isOurs(pod)) queue.add(keyOf(pod));
  world.store.subscribe((change) => {
    if (change.resource === "pods") podChanged(change);
    else if (change.resource === "nodes" && mattersToScheduling(change)) roomOn(change.object as Node);
    else if (change.resource === "persistentvolumeclaims") claimChanged(change);
  });

  function podChanged({ verb, object, old }: Change): void {
    const [pod, before] = [object as Pod, old as Pod | undefined];
    if (verb === "ADDED" && isOurs(pod)) queue.add(keyOf(pod));
    if (verb === "DELETED") unschedulable.delete(keyOf(pod));
    if (!pod.spec.nodeName) return;
    const node = world.store.get<Node>("nodes", undefined, pod.spec.nodeName);
    if ((verb === "DELETED" || (hasEnded(pod) && !hasEnded(before))) && node !== undefined) roomOn(node);
    else if (!before?.spec.nodeName) retry((waiting) => waiting.spec.affinity?.podAffinity !== undefined);
  }

  /** Something was freed on a node, or it became another: those may fit that only lacked room there. */
  function roomOn(node: Node): void {
    retry((pod) => accepts(world, node, pod));
  }

  function claimChanged({ verb, object, old }: Change): void {
    const [{ metadata, status }, before] = [object as Claim, old as Claim | undefined];
    if (verb === "DELETED" || (verb === "MODIFIED" && status?.phase === before?.status?.phase)) return;
    retry((pod) => pod.metadata.namespace === metadata.namespace && claimNamesOf(pod).includes(metadata.name));
  }

  /**
   * What may help a pod has it tried again at once (the queueing hints of the plug-ins that refused it): it waits for its
   * back-off only behind others that are due (SchedulerPopFromBackoffQ).
   */
  function retry(helps: (pod: Pod) => boolean): void {
    for (const key of unschedulable) {
      const pod = podOf(key);
      if (pod !== undefined && helps(pod)) queue.add(key);
    }
  }

  function podOf(key: string): Pod | undefined {
    const [namespace, name] = key.split("/") as [string, string];
    return world.store.get<Pod>("pods", namespace, name);
  }

  function schedule(key: string): void {
    const pod = podOf(key);
    if (pod === undefined || !isOurs(pod)) {
      unschedulable.delete(key);
      return;
    }
    const placement = place(world, usage, pod);
    if ("node" in placement) {
      if (placement.unbound.length > 0) {
        // The pod is bound when its volumes have been made on, or for, that node.
        for (const claim of placement.unbound) selectNode(world, claim, placement.node);
        queue.add(key, volumeWaitMs);
        return;
      }
      unschedulable.delete(key);
      bind(pod, placement.node);
      return;
    }
    unschedulable.add(key);
    queue.add(key, leftoverMs);
    recordEvent(world, pod, "Warning", "FailedScheduling", placement.message, component);
    setScheduled(pod, { status: "False", reason: "Unschedulable", message: placement.message });
  }

  function bind(pod: Pod, node: string): void {
    const { namespace, name } = pod.metadata;
    const bound = setScheduled(pod, { status: "True" }, node);
    const message = `Successfully assigned ${namespace}/${name} to ${node}`;
    if (bound !== undefined) recordEvent(world, bound, "Normal", "Scheduled", message, component);
  }

  function setScheduled(pod: Pod, outcome: Omit<Condition, "type">, node?: string): Pod | undefined {
    return world.store.mutate<Pod>("pods", pod.metadata.namespace, pod.metadata.name, (draft) => {
      const before = condition(draft, "PodScheduled");
      const now = world.clock.stamp();
      const lastTransitionTime = before?.status === outcome.status ? (before.lastTransitionTime ?? now) : now;
      const scheduled: Condition = { type: "PodScheduled", lastProbeTime: null, lastTransitionTime, ...outcome };
      const others = (draft.status.conditions ?? []).filter(({ type }) => type !== "PodScheduled");
      draft.status.conditions = [...others, scheduled];
      if (node !== undefined) draft.spec.nodeName = node;
    });
  }
}

function isOurs(pod: Pod): boolean {
  return (
    !pod.spec.nodeName &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec.schedulerName ?? component) === component &&
    !hasEnded(pod)
  );
}

function hasEnded(pod: Pod | undefined): boolean {
  return pod?.status.phase === "Succeeded" || pod?.status.phase === "Failed";
}

/** Heartbeats change nodes all the time; only these parts decide where pods fit. */
function mattersToScheduling({ verb, object, old }: Change): boolean {
  if (verb !== "MODIFIED") return verb === "ADDED";
  const [now, before] = [object as Node, old as Node];
  return !(
    same(now.spec, before.spec) &&
    same(now.metadata.labels, before.metadata.labels) &&
    same(now.status.allocatable, before.status.allocatable)
  );
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
