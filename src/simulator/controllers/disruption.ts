import type { Condition, Pod } from "../../kube/objects.ts";
import type { World } from "../world.ts";

/** Says on the pod that it is about to end by a decision of the platform (condition DisruptionTarget). */
export function markDisrupted(world: World, pod: Pod, reason: string, message: string): void {
  world.store.mutate<Pod>("pods", pod.metadata.namespace, pod.metadata.name, ({ status }) => {
    status.conditions = disrupted(status.conditions, reason, message, world.clock.stamp());
  });
}

/** The conditions with that one among them; said twice, it keeps its time (apipod.UpdatePodCondition). */
export function disrupted(conditions: Condition[] = [], reason: string, message: string, now: string): Condition[] {
  const before = conditions.find(({ type }) => type === "DisruptionTarget");
  const lastTransitionTime = before?.lastTransitionTime ?? now;
  const said = { type: "DisruptionTarget", status: "True" as const, reason, message };
  return [...conditions.filter((one) => one !== before), { ...said, lastProbeTime: null, lastTransitionTime }];
}
