import type { Container, Pod } from "../../kube/objects.ts";
import { quantityValue } from "../../kube/quantity.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import type { SimulatedMachine } from "./machine.ts";
import { qosClass } from "./pod-status.ts";

/** At or above it, a pod is as dear to the kernel and to kubelets as a system's own (pkg/kubelet/types: IsCriticalPod). */
export const criticalPriority = 2_000_000_000;

/** How readily the kernel kills a container's processes where memory is short (pkg/kubelet/qos: GetContainerOOMScoreAdjust). */
export function oomScoreAdjust(pod: Pod, container: Container, capacityBytes: number): number {
  if (Number(pod.spec["priority"] ?? 0) >= criticalPriority) return -997;
  switch (qosClass(pod)) {
    case "Guaranteed":
      return -997;
    case "BestEffort":
      return 1000;
    case "Burstable": {
      const request = quantityValue(container.resources?.requests?.["memory"] ?? "0");
      return Math.min(999, Math.max(3, Math.floor(1000 - (1000 * request) / capacityBytes)));
    }
  }
}

/**
 * Lets the kernel kill one process after another, by its badness (mm/oom_kill.c: oom_badness), until what is left fits
 * into the machine's memory. Answers the containers that it killed in.
 */
export function killForMemory(machine: SimulatedMachine, runtime: ContainerRuntime): string[] {
  const killed: string[] = [];
  while (machine.availableBytes() < 0) {
    const [worst] = [...machine.processes]
      .map(([key, process]) => {
        const [podUid, container] = key.split("/") as [string, string];
        const adjust = runtime.record(podUid, container)?.oomScoreAdjust ?? 0;
        return { key, podUid, container, badness: process.memory() + (adjust * machine.memoryBytes) / 1000 };
      })
      .filter(({ badness, key }) => badness > 0 && !machine.doomed.has(key))
      .sort((a, b) => b.badness - a.badness);
    if (worst === undefined) break;
    machine.doomed.add(worst.key);
    runtime.killLargest(worst.podUid, worst.container);
    killed.push(worst.container);
  }
  return killed;
}
