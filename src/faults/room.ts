import type { Cluster } from "../cluster/cluster.ts";
import { matchesNodeAffinity } from "../kube/node-affinity.ts";
import type { Node, Pod } from "../kube/objects.ts";
import { addAmounts, freeOn, negative, podRequests, type Amounts } from "../kube/pod-requests.ts";
import { may, type Permission } from "../kube/permission.ts";
import { nodes, pods } from "../kube/resources.ts";
import { untolerated } from "../kube/tolerations.ts";

/** Whether all that must leave has somewhere to go, with the numbers that say so in one sentence. */
export interface Room {
  isEnough: boolean;
  detail: string;
}

/** What looking for room asks of the API server: what every pod of the cluster requests. */
export const roomNeeds: Permission[] = [may(["list"], nodes), may(["list"], pods, "everywhere")];

/**
 * Looks whether the other nodes have room for pods that must leave theirs, as the scheduler would: taints, node selectors
 * and required node affinity, and requests against what is left of each node's allocatable. The largest is placed first,
 * each where most memory is left. What pods want of one another (pod affinity) and volumes are not looked at.
 */
export async function lookForRoom({ kube }: Pick<Cluster, "kube">, leaving: Pod[], from: string[]): Promise<Room> {
  const [all, present] = await Promise.all([kube.list<Node>(nodes), kube.list<Pod>(pods)]);
  const places: Place[] = all
    .filter(({ metadata }) => !from.includes(metadata.name))
    .map((node) => ({ node, free: freeOn(node, present) }));
  const before = places.filter(({ node }) => isOpen(node)).map(describe);
  const bySize = leaving.toSorted((one, other) => memoryOf(podRequests(other)) - memoryOf(podRequests(one)));
  for (const pod of bySize) {
    const asked = podRequests(pod);
    const refusals = places.map((place) => whyNot(pod, asked, place));
    const fitting = places.filter((_, index) => refusals[index] === null);
    const [best] = fitting.toSorted((one, other) => memoryOf(other.free) - memoryOf(one.free));
    if (best === undefined) {
      const each = places.map((place, index) => `${place.node.metadata.name} ${refusals[index]}`);
      const why = each.length === 0 ? "there is no other node" : each.join(", ");
      return { isEnough: false, detail: `no room for ${pod.metadata.name}, which asks for ${sizeOf(asked)}: ${why}` };
    }
    addAmounts(best.free, negative(asked));
  }
  const total: Amounts = new Map();
  for (const pod of leaving) addAmounts(total, podRequests(pod));
  const what = `the ${leaving.length} pods that must leave ask for ${sizeOf(total)}`;
  return { isEnough: true, detail: `there is room: ${what}; ${before.join(", ")}` };
}

/** A node with what nobody has requested of it. */
interface Place {
  node: Node;
  free: Amounts;
}

/** Whether it takes pods that tolerate nothing. */
function isOpen(node: Node): boolean {
  return node.spec.unschedulable !== true && taintOf({ spec: { containers: [] } }, node) === undefined;
}

/** What keeps the pod from that node, to be read after the node's name; null where nothing does. */
function whyNot(pod: Pod, asked: Amounts, { node, free }: Place): string | null {
  if (node.spec.unschedulable === true) return "is cordoned";
  const taint = taintOf(pod, node);
  if (taint !== undefined) return `has the taint ${taint.key}`;
  if (!matchesNodeAffinity(pod, node)) return "has not the labels that it wants";
  const short = [...asked].find(([resource, amount]) => amount > (free.get(resource) ?? 0));
  if (short === undefined) return null;
  return `has ${amountText(short[0], free.get(short[0]) ?? 0)} free`;
}

function taintOf(pod: Pick<Pod, "spec">, { spec }: Node) {
  return untolerated(pod, spec.taints ?? [], ["NoSchedule", "NoExecute"]);
}

function memoryOf(amounts: Amounts): number {
  return amounts.get("memory") ?? 0;
}

function describe({ node, free }: Place): string {
  return `${node.metadata.name} has ${sizeOf(free)} free`;
}

function sizeOf(amounts: Amounts): string {
  return ["memory", "cpu"].map((resource) => amountText(resource, amounts.get(resource) ?? 0)).join(" and ");
}

function amountText(resource: string, amount: number): string {
  if (resource === "memory") return `${(amount / 2 ** 30).toFixed(1)}Gi of memory`;
  return resource === "cpu" ? `${(amount / 1000).toFixed(1)} CPUs` : `${amount} of ${resource}`;
}
