import { ApiError, isNotFound } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Pod, VirtualMachineInstance } from "../kube/objects.ts";
import { pods, virtualMachineInstances } from "../kube/resources.ts";
import type { Victim } from "./fault.ts";

/** kubectl asks again so long after a refusal, for ever (k8s.io/kubectl/pkg/drain: evictPods). */
const retryMs = 5_000;

/** Of all refusals the one that is not for good. */
const tooManyRequests = 429;

/** Asks the Eviction API for a pod's end, once. @throws ApiError where it is refused */
export function ask({ kube }: Cluster, { metadata: { name, namespace = "default" } }: Pod): Promise<void> {
  return kube.evict(namespace, name);
}

/** Asks again and again until the pod may go, as kubectl does; whatever else it is told, it gives up on that pod. */
export function askAgain(cluster: Cluster, pod: Pod, signal: AbortSignal): void {
  cluster.clock.after(retryMs, () => {
    if (signal.aborted) return;
    ask(cluster, pod).catch((error: unknown) => isRetried(error) && askAgain(cluster, pod, signal));
  });
}

/** Whether a refusal is one that kubectl asks again after. */
export function isRetried(error: unknown): boolean {
  return error instanceof ApiError && error.code === tooManyRequests;
}

/**
 * The pods of a node that `kubectl drain --ignore-daemonsets --delete-emptydir-data --force` evicts beside the
 * victims' own: all but those of daemon sets and those that the kubelet runs of itself. On a cluster that others use
 * too, none: their pods are not Rebound's to move.
 */
export async function otherPods({ kube, description }: Cluster, node: string, victims: Victim[]): Promise<Pod[]> {
  if (description.provider === "existing") return [];
  const launchers = new Set(victims.map(({ vmi }) => vmi.uid));
  const aboard = await kube.list<Pod>(pods, { fieldSelector: `spec.nodeName=${node}` });
  return aboard.filter(({ metadata }) => {
    const isOfDaemonSet = (metadata.ownerReferences ?? []).some(({ kind }) => kind === "DaemonSet");
    const isStatic = metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined;
    return !isOfDaemonSet && !isStatic && !launchers.has(metadata.labels?.["kubevirt.io/created-by"] ?? "");
  });
}

/** Takes back the mark by which a refused eviction has a VMI migrated away. */
export async function cancelEvacuation({ kube }: Cluster, { vmi: { namespace, name } }: Victim): Promise<void> {
  const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
  if (!vmi?.status.evacuationNodeName) return;
  const { plural } = virtualMachineInstances;
  const { evacuationNodeName } = vmi.status;
  await kube.subresource(plural, namespace, name, "evacuate/cancel", { evacuationNodeName }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
