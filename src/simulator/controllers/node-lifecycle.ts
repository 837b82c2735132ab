import { condition, type KubeObject, type Node, type Pod, type Taint } from "../../kube/objects.ts";
import { recordEvent } from "../event-recorder.ts";
import type { World } from "../world.ts";
import { EvictionZones } from "./eviction-zones.ts";
import { untaint, taintNode } from "./taints.ts";
import { startConditionTaints } from "./condition-taints.ts";

/** What was last seen of a node's heartbeat, and when it was seen to change. */
interface Health {
  heard: string;
  heardMs: number;
}

const source = "node-controller";
const monitored = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/**
 * The node lifecycle controller (pkg/controller/nodelifecycle): a node that is silent for the grace period becomes
 * Unknown and its pods not ready; it is tainted against new pods at once, against running ones as the rate allows.
 */
export function startNodeLifecycle(world: World): void {
  const health = new Map<string, Health>();
  /** Nodes that it knows of, by name: told of when they come and go. */
  const known = new Map<string, Node>();
  const zones = new EvictionZones(world, setNoExecute);
  const periodMs = world.settings.nodeMonitorPeriodSeconds * 1000;

  startConditionTaints(world);
  // A controller that was away, or cut off, takes every node to have been heard of when it is back.
  world.onComponentChange((component, up) => {
    if (component !== "kube-controller-manager" || !up) return;
    health.clear();
    known.clear();
  });
  // Those of the model's zero have been there for long.
  world.clock.schedule(0, () => {
    for (const node of world.store.list<Node>("nodes")) known.set(node.metadata.name, node);
  });
  const monitor = (): void => {
    if (world.up("kube-controller-manager")) monitorNodes();
    world.clock.schedule(periodMs, monitor);
  };
  world.clock.schedule(world.random.between(0, periodMs, "node-lifecycle", "phase"), monitor);

  function monitorNodes(): void {
    const nodes = world.store.list<Node>("nodes");
    greet(nodes);
    for (const node of nodes) monitorNode(node);
    const recovered = zones.update(world.store.list<Node>("nodes"));
    if (recovered) for (const seen of health.values()) seen.heardMs = world.clock.now();
  }

  function greet(nodes: Node[]): void {
    const gone = new Map(known);
    for (const node of nodes) {
      const { name } = node.metadata;
      gone.delete(name);
      if (known.has(name)) continue;
      known.set(name, node);
      const message = `Node ${name} event: Registered Node ${name} in Controller`;
      recordEvent(world, node, "Normal", "RegisteredNode", message, source);
    }
    for (const [name, node] of gone) {
      known.delete(name);
      health.delete(name);
      const message = `Node ${name} event: Removing Node ${name} from Controller`;
      recordEvent(world, node, "Normal", "RemovingNode", message, source);
    }
  }

  function monitorNode(node: Node): void {
    const { name } = node.metadata;
    const lease = world.store.get<KubeObject & { spec: { renewTime: string } }>("leases", "kube-node-lease", name);
    const ready = condition(node, "Ready");
    const heard = `${lease?.spec.renewTime} ${ready?.lastHeartbeatTime}`;
    let seen = health.get(name);
    if (seen === undefined) {
      seen = { heard, heardMs: world.clock.now() };
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
    const status = condition(now, "Ready")?.status;
    // What a kubelet says itself it tells itself, and its pods' readiness is its own affair.
    if (ready?.status === "True" && status !== "True") nodeBecameNotReady(now);
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
        const back = condition(world.store.get<Node>("nodes", undefined, name), "Ready")?.status === "True";
        if (!back && pod?.metadata.uid === metadata.uid) markPodNotReady(pod);
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
    if (key !== undefined) taintNode(world, name, { key, effect: "NoExecute" });
    for (const other of ["node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"]) {
      if (other !== key) untaint(world, name, other, "NoExecute");
    }
  }
}
