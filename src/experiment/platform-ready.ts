import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { condition, type Node, type Pod } from "../kube/objects.ts";
import { nodes, pods } from "../kube/resources.ts";
import { kubeVirtNamespaceOf } from "./plan.ts";

/** How long what an experiment before this one took away may need to be back, in milliseconds: a machine has to boot. */
const limitMs = 600_000;

/** A node that has been lost for longer is nobody's to wait for, in milliseconds. */
const givenUpMs = 600_000;

const pollMs = 2_000;

/**
 * Waits until the platform itself is whole: its nodes Ready, KubeVirt's components too, and each worker ready to be
 * given VMs, which virt-handler says some time after a node is back. Throws `DeadlineError` with what lacks.
 */
export async function reachPlatformReady({ kube, clock, description }: Cluster, signal: AbortSignal): Promise<void> {
  const namespace = kubeVirtNamespaceOf(description);
  const labelSelector = "kubevirt.io in (virt-api,virt-controller,virt-handler)";
  const look = async () => {
    const [machines, components] = await Promise.all([
      kube.list<Node>(nodes),
      kube.list<Pod>(pods, { namespace, labelSelector }),
    ]);
    const waitedFor = machines.filter((node) => !isGivenUp(node, clock.wall()));
    const names = new Set(waitedFor.map(({ metadata }) => metadata.name));
    const lack =
      waitedFor.map(lackOfNode).find((each) => each !== null) ??
      components
        .filter(({ spec }) => spec.nodeName === undefined || names.has(spec.nodeName))
        .map(lackOfPod)
        .find((each) => each !== null);
    return lack === undefined || notYet(lack);
  };
  await waitUntil(clock, { what: "nodes and KubeVirt to be ready", limitMs, everyMs: pollMs, signal, look });
}

function isGivenUp(node: Node, now: Date): boolean {
  const ready = condition(node, "Ready");
  if (ready === undefined || ready.status === "True") return false;
  return now.getTime() - Date.parse(ready.lastTransitionTime ?? "") > givenUpMs;
}

function lackOfNode(node: Node): string | null {
  const { name, labels = {} } = node.metadata;
  if (condition(node, "Ready")?.status !== "True") return `node ${name} is not Ready`;
  return labels["kubevirt.io/schedulable"] === "false" ? `virt-handler of node ${name} takes no VMs yet` : null;
}

function lackOfPod({ metadata, status }: Pod): string | null {
  if (metadata.deletionTimestamp !== undefined || status.phase === "Succeeded" || status.phase === "Failed")
    return null;
  const isReady = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True");
  return isReady ? null : `pod ${metadata.name} is not Ready`;
}
