import { survived } from "./node-rows.ts";
import { effective } from "./remedy-rows.ts";
import type { Situation } from "./situation.ts";

/**
 * Whether two guests of one VM at once are what the platform warns of: a pod's object that is removed says nothing of its
 * processes. So where a node is taken for dead that is not, and where `--force` does not wait for the kubelet
 * (kubectl: "the resource may continue to run on the cluster indefinitely"; KubeVirt: virt-handler's UID mismatch).
 */
export function risksSplitBrain({ fault, phase, before }: Situation): boolean {
  if (fault.name === "pod-delete") return fault.parameters["force"] === true;
  const isAlive = (survived as readonly string[]).includes(fault.name);
  return isAlive && [...before, phase].some((each) => (effective as readonly string[]).includes(each));
}
