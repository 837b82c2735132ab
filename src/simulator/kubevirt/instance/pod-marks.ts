import type { Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { withCondition } from "../conditions.ts";
import { annotations, labels, unpausedCondition } from "../names.ts";
import { isFinal } from "./phase.ts";
import { isPodUp } from "./pods.ts";

/** What virt-controller keeps on the launcher pod itself: the readiness gate of a pause, and where the VMI runs. */
export function syncPod(world: World, vmi: VirtualMachineInstance, pod: Pod): void {
  const { namespace, name } = pod.metadata;
  const paused = condition(vmi, "Paused")?.status === "True";
  const wanted = paused ? "False" : "True";
  const now = world.clock.stamp();
  if (condition(pod, unpausedCondition)?.status !== wanted) {
    world.store.mutate<Pod>("pods", namespace, name, (draft) => {
      draft.status.conditions = withCondition(draft.status.conditions, {
        lastProbeTime: now,
        lastTransitionTime: now,
        message: paused ? "the virtual machine is paused" : "the virtual machine is not paused",
        reason: paused ? "Paused" : "NotPaused",
        status: wanted,
        type: unpausedCondition,
      });
    });
  }
  const leaves = vmi.status.evacuationNodeName !== undefined;
  if (
    !isFinal(vmi) &&
    isPodUp(pod) &&
    leaves !== (pod.metadata.annotations?.[annotations.evictionInProgress] !== undefined)
  ) {
    world.store.mutate<Pod>("pods", namespace, name, ({ metadata }) => {
      if (leaves) metadata.annotations = { ...metadata.annotations, [annotations.evictionInProgress]: "true" };
      else delete metadata.annotations![annotations.evictionInProgress];
    });
  }
  const node = vmi.metadata.labels?.[labels.nodeName];
  if (node === undefined || pod.metadata.labels?.[labels.nodeName] === node) return;
  world.store.mutate<Pod>("pods", namespace, name, (draft) => {
    draft.metadata.labels = { ...draft.metadata.labels, [labels.nodeName]: node };
  });
}
