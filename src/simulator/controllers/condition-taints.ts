import { condition, type Node } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { same } from "../frozen.ts";
import type { World } from "../world.ts";
import { taintNode, untaint } from "./taints.ts";

const prefix = "node.kubernetes.io/";
const keys = ["not-ready", "unreachable", "memory-pressure", "disk-pressure", "pid-pressure", "unschedulable"];

/**
 * Keeps the NoSchedule taints of every node in step with its conditions and its cordon
 * (node_lifecycle_controller.go: doNoScheduleTaintingPass).
 */
export function startConditionTaints(world: World): void {
  const queue = new WorkQueue(world, "node taints", "kube-controller-manager", (name) => {
    const node = world.store.get<Node>("nodes", undefined, name);
    if (node === undefined) return;
    const wanted = wantedTaints(node);
    for (const key of keys) {
      if (wanted.includes(key)) taintNode(world, name, { key: prefix + key, effect: "NoSchedule" });
      else untaint(world, name, prefix + key, "NoSchedule");
    }
  });
  for (const node of world.store.list<Node>("nodes")) queue.add(node.metadata.name);
  world.store.subscribe(({ verb, resource, object, old }) => {
    if (resource !== "nodes" || verb === "DELETED") return;
    const [now, before] = [object as Node, old as Node | undefined];
    const unchanged =
      before !== undefined &&
      same(wantedTaints(now), wantedTaints(before)) &&
      same(now.spec.taints, before.spec.taints);
    if (!unchanged) queue.add(now.metadata.name);
  });
}

function wantedTaints(node: Node): string[] {
  const is = (type: string, status: string): boolean => condition(node, type)?.status === status;
  return [
    ...(is("Ready", "False") ? ["not-ready"] : []),
    ...(is("Ready", "Unknown") ? ["unreachable"] : []),
    ...(is("MemoryPressure", "True") ? ["memory-pressure"] : []),
    ...(is("DiskPressure", "True") ? ["disk-pressure"] : []),
    ...(is("PIDPressure", "True") ? ["pid-pressure"] : []),
    ...(node.spec.unschedulable === true ? ["unschedulable"] : []),
  ];
}
