import { condition, type Condition, type KubeObject, type Node, type Pod, type Taint } from "../../kube/objects.ts";
import { recordEvent } from "../event-recorder.ts";
import type { World } from "../world.ts";
import { EvictionZones } from "./eviction-zones.ts";
import { untaint, taintNode } from "./taints.ts";
import { startConditionTaints } from "./condition-taints.ts";

/** What was last seen of a node's heartbeat, and when it was seen to change. */
interface Health {
  heard: string;
  heardMs: number;
  ready: Condition["status"];
}

const source = "node-controller";
const monitored = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/**
 * The node lifecycle controller (pkg/controller/nodelifecycle): a node that is silent for the grace period becomes
 * Unknown and its pods not ready; it is tainted against new pods at once, against running ones as the rate allows.
 */
export function startNodeLifecycle(world: World): void {
  const health = new Map<string, Health>();
  const zones = new EvictionZones(world, setNoExecute);
  const periodMs = world.settings.nodeMonitorPeriodSeconds * 1000;

  startConditionTaints(world);
  // A controller that was away, or cut off, takes every node to have been heard of when it is back.
  world.onComponentChange((component, up) => {
    if (component === "kube-controller-manager" && up) health.clear();
  });
  const monitor = (): void => {
    if (world.up("kube-controller-manager")) monitorNodes();
    world.clock.schedule(periodMs, monitor);
  };
  world.clock.schedule(world.random.between(0, periodMs, "node-lifecycle", "phase"), monitor);

  function monitorNodes(): void {
    const nodes = world.store.list<Node>("nodes");
    for (const node of nodes) monitorNode(node);
    const present = new Set(nodes.map(({ metadata }) => metadata.name));
    for (const name of health.keys()) if (!present.has(name)) health.delete(name);
    const recovered = zones.update(world.store.list<Node>("nodes"));
    if (recovered) for (const seen of health.values()) seen.heardMs = world.clock.now();
  }

  function monitorNode(node: Node): void {
    const { name } = node.metadata;
    const lease = world.store.get<KubeObject & { spec: { renewTime: string } }>("leases", "kube-node-lease", name);
    const ready = condition(node, "Ready");
    const heard = `${lease?.spec.renewTime} ${ready?.lastHeartbeatTime}`;
    let seen = health.get(name);
    if (seen === undefined) {
      seen = { heard, heardMs: world.clock.now(), ready: ready?.status ?? "Unknown" };
      health.set(name, seen);
    } else if (seen.heard !== heard) {
      Object.assign(seen, { heard, heardMs: world.clock.now() });
    }
    const silentMs = world.clock.now() - seen.heardMs;
    let now = node;
    if (silentMs >= world.settings.nodeMonitorGracePeriodSeconds * 1000 && ready?.status !== "Unknown") {
      now = markUnknown(node) ?? node;
      // Only a heartbeat counts as hearing of the node, not what was written here.
      seen.heard = `${lease?.spec.renewTime} ${condition(now, "Ready")?.lastHeartbeatTime}`;
    }
    const status = condition(now, "Ready")?.status ?? "Unknown";
    if (seen.ready === "True" && status !== "True") nodeBecameNotReady(now);
    seen.ready = status;
    if (status === "True") zones.reachable(now);
    else zones.unreachable(now);
  }

  function markUnknown(node: Node): Node | undefined {
    const now = world.clock.stamp();
    return world.store.mutate<Node>("nodes", undefined, node.metadata.name, (draft) => {
      const conditions = draft.status.conditions ?? [];
      draft.status.conditions = conditions.map((one) =>
        monitored.includes(one.type) && one.status !== "Unknown"
          ? {
              ...one,
              status: "Unknown",
              reason: "NodeStatusUnknown",
              message: "Kubelet stopped posting node status.",
              lastTransitionTime: now,
            }
          : one,
      );
    });
  }

  function nodeBecameNotReady(node: Node): void {
    const { name } = node.metadata;
    recordEvent(world, node, "Normal", "NodeNotReady", `Node ${name} status is now: NodeNotReady`, source);
    // One request after the other.
    let delayMs = 0;
    for (const { metadata } of world.index.podsOn(name)) {
      world.clock.schedule(delayMs, () => {
        const pod = world.store.get<Pod>("pods", metadata.namespace, metadata.name);
        if (health.get(name)?.ready !== "True" && pod?.metadata.uid === metadata.uid) markPodNotReady(pod);
      });
      delayMs += world.random.between(20, 70, metadata.uid, "not ready", world.clock.now());
    }
  }

  function markPodNotReady(pod: Pod): void {
    if (condition(pod, "Ready")?.status !== "True") return;
    world.store.mutate<Pod>("pods", pod.metadata.namespace, pod.metadata.name, (draft) => {
      const ready = condition(draft, "Ready")!;
      ready.status = "False";
      ready.lastTransitionTime = world.clock.stamp();
    });
    recordEvent(world, pod, "Warning", "NodeNotReady", "Node is not ready", source);
  }

  /** Sets the taint that evicts, in place of the other one, or takes both away. */
  function setNoExecute(name: string, key: Taint["key"] | undefined): void {
    for (const other of ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"]) {
      if (other !== key) untaint(world, name, other, "NoExecute");
    }
    if (key !== undefined) taintNode(world, name, { key, effect: "NoExecute" });
  }
}
