import type { Condition, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { isPodDownOrGoingDown } from "./pods.ts";

/** The VMI's Ready condition as its pod and phase make it (watch/vmi/lifecycle.go: syncReadyConditionFromPod). */
export function readyCondition(vmi: VirtualMachineInstance, pod: Pod | undefined, now: string): Condition {
  const notReady = (reason: string, message: string): Condition => ({
    lastProbeTime: now,
    lastTransitionTime: now,
    message,
    reason,
    status: "False",
    type: "Ready",
  });
  if (pod === undefined) return notReady("PodNotExists", "virt-launcher pod has not yet been scheduled");
  if (isPodDownOrGoingDown(pod)) return notReady("PodTerminating", "virt-launcher pod is terminating");
  if (vmi.status.phase !== "Running") return notReady("GuestNotRunning", "Guest VM is not reported as running");
  const ready = condition(pod, "Ready");
  if (ready === undefined) return notReady("PodConditionMissing", "virt-launcher pod is missing the Ready condition");
  return {
    lastProbeTime: ready.lastProbeTime ?? null,
    lastTransitionTime: ready.lastTransitionTime ?? now,
    ...(ready.message !== undefined && { message: ready.message }),
    ...(ready.reason !== undefined && { reason: ready.reason }),
    status: ready.status,
    type: "Ready",
  };
}
