import type { Pod, VirtualMachineInstance } from "../../../kube/objects.ts";

/** The VMI's pod: the newest on its node, or the newest of all while it has none (controller: CurrentVMIPod). */
export function currentPod(vmi: VirtualMachineInstance, pods: Pod[]): Pod | undefined {
  const { nodeName } = vmi.status;
  return pods.findLast((pod) => nodeName === undefined || pod.spec.nodeName === nodeName);
}

/** Whether the pod has ended. */
export function isPodFinal(pod: Pod): boolean {
  return pod.status.phase === "Succeeded" || pod.status.phase === "Failed";
}

/** Whether the pod has ended or is about to (controller: IsPodDownOrGoingDown). */
export function isPodDownOrGoingDown(pod: Pod): boolean {
  return (
    isPodFinal(pod) || computeOf(pod)?.state.terminated !== undefined || pod.metadata.deletionTimestamp !== undefined
  );
}

/** Whether compute runs and all beside it are ready: its own readiness probe does not count (controller: isPodReady). */
export function isPodUp(pod: Pod): boolean {
  if (isPodDownOrGoingDown(pod) || computeOf(pod)?.state.running === undefined) return false;
  return (pod.status.containerStatuses ?? []).every((status) => status.name === "compute" || status.ready);
}

function computeOf(pod: Pod) {
  return pod.status.containerStatuses?.find((status) => status.name === "compute");
}
