import { ApiError, isNotFound } from "../cluster/api-error.ts";
import type { Cluster, Receipt } from "../cluster/cluster.ts";
import type { Pod, VirtualMachineInstance } from "../kube/objects.ts";
import { nodes, virtualMachineInstances } from "../kube/resources.ts";
import { launcherPods } from "../workload/launcher-pods.ts";
import type { Fault, Hit, Victim } from "./fault.ts";
import { nodesOf, request } from "./hit.ts";

/** kubectl asks again so long after a refusal, for ever (k8s.io/kubectl/pkg/drain: evictPods). */
const retryMs = 5_000;

/** Of all refusals the one that is not for good. */
const tooManyRequests = 429;

/**
 * Drains the node that carries the victims as `kubectl drain` does: cordons it, then asks the Eviction API for each
 * launcher pod again and again, until it is gone. The revert gives up, uncordons, and takes back what was marked.
 */
export function drain(): Fault {
  const underWay = new WeakMap<Cluster, AbortController>();
  return {
    name: "drain",
    parameters: {},
    scope: "node",
    sharing: "queued",
    summary: "kubectl drain --ignore-daemonsets --delete-emptydir-data, of its VMs",
    needs: [],
    unfit: () => null,
    targets: nodesOf,
    inject: async (cluster, victims) => {
      const control = new AbortController();
      underWay.set(cluster, control);
      for (const node of nodesOf(victims)) await cordon(cluster, node, true);
      return Promise.all(victims.map((victim) => evict(cluster, victim, control.signal)));
    },
    revert: async (cluster, victims) => {
      underWay.get(cluster)?.abort();
      for (const node of nodesOf(victims)) await cordon(cluster, node, false);
      await Promise.all(victims.map((victim) => cancelEvacuation(cluster, victim)));
    },
  };
}

async function cordon({ kube }: Cluster, node: string, unschedulable: boolean): Promise<void> {
  await kube.mergePatch(nodes, node, undefined, { spec: { unschedulable: unschedulable || null } });
}

/** Asks for one victim's pod for the first time, and leaves it to a timer to ask again. */
async function evict(cluster: Cluster, victim: Victim, signal: AbortSignal): Promise<Hit> {
  const [pod] = await launcherPods(cluster, victim.vmi);
  if (pod === undefined) return { victim, receipt: null, reason: "it has no launcher pod", refused: false };
  const fromMs = cluster.clock.now();
  try {
    return { victim, receipt: await request(cluster, "its pod was evicted", () => ask(cluster, pod)) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.code !== tooManyRequests) return { victim, receipt: null, reason: error.message, refused: true };
    askAgain(cluster, pod, signal);
    return {
      victim,
      ...answerOf(error, { fromMs, toMs: cluster.clock.now(), evidence: "its evacuation was asked for" }),
    };
  }
}

/** A refusal that triggers an evacuation has bitten; where nobody then moves the VM, it is a refusal all the same. */
function answerOf(error: ApiError, receipt: Receipt) {
  const reason = error.message;
  return reason.includes("triggered evacuation") ? { receipt, reason } : { receipt: null, reason, refused: true };
}

function askAgain(cluster: Cluster, pod: Pod, signal: AbortSignal): void {
  cluster.clock.after(retryMs, () => {
    if (signal.aborted) return;
    // Whatever else it is told, kubectl gives up on that pod and goes on with the others.
    ask(cluster, pod).catch((error: unknown) => isRetried(error) && askAgain(cluster, pod, signal));
  });
}

function ask({ kube }: Cluster, { metadata: { name, namespace = "default" } }: Pod): Promise<void> {
  return kube.evict(namespace, name);
}

function isRetried(error: unknown): error is ApiError {
  return error instanceof ApiError && error.code === tooManyRequests;
}

async function cancelEvacuation({ kube }: Cluster, { vmi: { namespace, name } }: Victim): Promise<void> {
  const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
  const { evacuationNodeName } = vmi?.status ?? {};
  if (!evacuationNodeName) return;
  const { plural } = virtualMachineInstances;
  await kube.subresource(plural, namespace, name, "evacuate/cancel", { evacuationNodeName }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error;
  });
}
