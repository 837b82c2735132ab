import type { Pod } from "../../kube/objects.ts";
import type { World } from "../world.ts";

/** Says on the pod that it is about to end by a decision of the platform (condition DisruptionTarget). */
export function markDisrupted(world: World, pod: Pod, reason: string, message: string): void {
  world.store.mutate<Pod>("pods", pod.metadata.namespace, pod.metadata.name, (draft) => {
    const others = (draft.status.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
    const now = world.clock.stamp();
    const disrupted = { type: "DisruptionTarget", status: "True" as const, reason, message };
    draft.status.conditions = [...others, { ...disrupted, lastProbeTime: null, lastTransitionTime: now }];
  });
}
