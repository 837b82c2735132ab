import type { Node, Taint } from "../../kube/objects.ts";
import type { World } from "../world.ts";

/** Sets a taint unless the node has it. */
export function taintNode(world: World, node: string, taint: Taint): void {
  world.store.mutate<Node>("nodes", undefined, node, (draft) => {
    const taints = draft.spec.taints ?? [];
    if (taints.some((one) => one.key === taint.key && one.effect === taint.effect)) return;
    draft.spec.taints = [...taints, { ...taint, timeAdded: world.clock.stamp() }];
  });
}

/** Takes a taint away if the node has it. */
export function untaint(world: World, node: string, key: string, effect: Taint["effect"]): void {
  const has = (one: Taint): boolean => one.key === key && one.effect === effect;
  const taints = world.store.get<Node>("nodes", undefined, node)?.spec.taints;
  if (taints === undefined || !taints.some(has)) return;
  world.store.mutate<Node>("nodes", undefined, node, (draft) => {
    const left = (draft.spec.taints ?? []).filter((one) => !has(one));
    if (left.length > 0) draft.spec.taints = left;
    else delete draft.spec.taints;
  });
}
