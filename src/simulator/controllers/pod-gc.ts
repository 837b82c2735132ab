import { condition, type Node, type Pod } from "../../kube/objects.ts";
import type { World } from "../world.ts";
import { disrupted } from "./disruption.ts";

/** Finished pods are removed, oldest first, when there are more than this (podgc: terminatedPodThreshold). */
const finishedThreshold = 12_500;

/**
 * Pod garbage collection (pkg/controller/podgc/gc_controller.go): removes pods of nodes that are gone, marked pods of
 * nodes that are out of service, marked pods that never got a node, and finished pods in excess.
 */
export function startPodGc(world: World): void {
  const periodMs = world.settings.podGcPeriodSeconds * 1000;
  /** Nodes that pods name though they do not exist, and since when that is known. */
  const missingSince = new Map<string, number>();
  const round = (): void => {
    if (world.up("kube-controller-manager")) collect();
    world.clock.schedule(periodMs, round);
  };
  world.clock.schedule(world.random.between(0, periodMs, "pod gc", "phase"), round);

  function collect(): void {
    const pods = world.store.list<Pod>("pods");
    collectFinished(pods.filter(hasEnded));
    const byNode = Map.groupBy(pods, ({ spec }) => spec.nodeName ?? "");
    for (const [name, ofNode] of byNode) {
      const node = world.store.get<Node>("nodes", undefined, name);
      if (name === "" || isOutOfService(node)) {
        for (const pod of ofNode) if (pod.metadata.deletionTimestamp !== undefined) remove(pod);
      }
      if (name !== "" && node === undefined) collectOrphans(name, ofNode);
      else missingSince.delete(name);
    }
    for (const name of missingSince.keys()) if (!byNode.has(name)) missingSince.delete(name);
  }

  function collectOrphans(node: string, pods: Pod[]): void {
    const since = missingSince.get(node);
    if (since === undefined) missingSince.set(node, world.clock.now());
    if (since === undefined || world.clock.now() - since < world.settings.podGcQuarantineSeconds * 1000) return;
    // One after the other; all else at once.
    let atMs = 0;
    for (const pod of pods) {
      const from = world.random.between(0, 20, pod.metadata.uid, "pod gc, from");
      world.clock.schedule(atMs + from, () => fail(pod, true));
      atMs += from + world.random.between(15, 120, pod.metadata.uid, "pod gc");
      world.clock.schedule(atMs, () => drop(pod));
    }
  }

  function collectFinished(pods: Pod[]): void {
    const excess = pods.length - finishedThreshold;
    if (excess <= 0) return;
    const byAge = pods.toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
    for (const pod of byAge.slice(0, excess)) remove(pod);
  }

  function remove(pod: Pod): void {
    fail(pod, false);
    world.clock.schedule(world.random.between(120, 300, pod.metadata.uid, "pod gc"), () => drop(pod));
  }

  /** A pod that no one else can report about is failed before it goes, so that its owners see an end and act on it. */
  function fail(pod: Pod, orphan: boolean): void {
    const { namespace, name, uid } = pod.metadata;
    const now = world.store.get<Pod>("pods", namespace, name);
    if (now?.metadata.uid !== uid || hasEnded(now)) return;
    world.store.mutate<Pod>("pods", namespace, name, ({ status }) => {
      status.phase = "Failed";
      if (!orphan) return;
      const message = "PodGC: node no longer exists";
      status.conditions = disrupted(status.conditions, "DeletionByPodGC", message, world.clock.stamp());
    });
  }

  function drop({ metadata: { namespace, name, uid } }: Pod): void {
    if (world.store.get("pods", namespace, name)?.metadata.uid !== uid) return;
    world.store.delete("pods", namespace, name, { gracePeriodSeconds: 0 });
  }
}

function isOutOfService(node: Node | undefined): boolean {
  return (
    node !== undefined &&
    condition(node, "Ready")?.status !== "True" &&
    (node.spec.taints ?? []).some(({ key }) => key === "node.kubernetes.io/out-of-service")
  );
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}
