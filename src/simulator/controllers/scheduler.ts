import type { Condition, Node, Pod } from "../../kube/objects.ts";
import { condition } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { recordEvent } from "../event-recorder.ts";
import { same } from "../frozen.ts";
import type { Change } from "../store.ts";
import type { World } from "../world.ts";
import { NodeUsage } from "./node-resources.ts";
import { place } from "./scheduling.ts";
import { selectNode } from "./volume-binder.ts";

const component = "default-scheduler";
/** A pod that fits nowhere waits at least this long, doubled with each attempt (scheduling queue: podInitialBackoff). */
const backOffMs = { first: 1_000, longest: 10_000 };
/** It is tried again after this even if nothing has changed (scheduling queue: podMaxInUnschedulablePodsDuration). */
const leftoverMs = 300_000;
/** Whether the volumes of a pod have been made is looked at this often. */
const volumeWaitMs = 200;

/** kube-scheduler: gives every pod of its own a node, and tries again when something that stood in the way has changed. */
export function startScheduler(world: World): void {
  const usage = new NodeUsage(world.store);
  /** Pods that fitted nowhere, by key: how often they were tried, and until when they wait at least. */
  const unschedulable = new Map<string, { attempts: number; untilMs: number }>();
  const queue = new WorkQueue(world, "scheduler", "kube-scheduler", schedule);

  for (const pod of world.store.list<Pod>("pods")) if (isOurs(pod)) queue.add(keyOf(pod));
  world.store.subscribe((change) => {
    if (change.resource === "pods") podChanged(change);
    else if (change.resource === "nodes" && mattersToScheduling(change)) retryAll();
    else if (change.resource === "persistentvolumeclaims" && change.verb === "ADDED") retryAll();
  });

  function podChanged({ verb, object, old }: Change): void {
    const pod = object as Pod;
    if (verb === "ADDED" && isOurs(pod)) queue.add(keyOf(pod));
    if (verb === "DELETED") unschedulable.delete(keyOf(pod));
    const freed = verb === "DELETED" || (hasEnded(pod) && !hasEnded(old as Pod | undefined));
    const bound = Boolean(pod.spec.nodeName) && !(old as Pod | undefined)?.spec.nodeName;
    // Room became free, or a pod came that others want to be near.
    if (pod.spec.nodeName && (freed || bound)) retryAll();
  }

  function retryAll(): void {
    for (const [key, { untilMs }] of unschedulable) queue.add(key, Math.max(0, untilMs - world.clock.now()) + 10);
  }

  function schedule(key: string): void {
    const [namespace, name] = key.split("/") as [string, string];
    const pod = world.store.get<Pod>("pods", namespace, name);
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
    const attempts = (unschedulable.get(key)?.attempts ?? 0) + 1;
    const waitMs = Math.min(backOffMs.longest, backOffMs.first * 2 ** (attempts - 1));
    unschedulable.set(key, { attempts, untilMs: world.clock.now() + waitMs });
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
