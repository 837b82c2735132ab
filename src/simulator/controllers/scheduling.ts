import type { Node, Pod } from "../../kube/objects.ts";
import { matchesNodeAffinity, preferredWeight } from "../../kube/node-affinity.ts";
import { allocatableOf, podRequests, type Amounts } from "../../kube/pod-requests.ts";
import { tolerates, untolerated } from "../../kube/tolerations.ts";
import type { World } from "../world.ts";
import { bindsOnSchedule, claimsOf, reachableFrom, type Claim } from "./claims.ts";
import type { NodeUsage } from "./node-resources.ts";
import { PodAffinityCheck } from "./pod-affinity.ts";

/** Why a node cannot take the pod; unresolvable where removing other pods would not help. */
interface Refusal {
  reasons: string[];
  unresolvable: boolean;
}

/** Where a pod can go: the best node, or the reason of every node in the scheduler's words. */
export type Placement = { node: string; unbound: Claim[] } | { message: string };

/** Finds the node for a pod by the default plug-ins of kube-scheduler and their weights. */
export function place(world: World, usage: NodeUsage, pod: Pod): Placement {
  const nodes = world.store.list<Node>("nodes");
  const requests = podRequests(pod);
  const { claims, missing } = claimsOf(world.store, pod);
  if (missing.length > 0) return { message: nowhere(nodes.length, `persistentvolumeclaim "${missing[0]}" not found`) };
  const unbound = claims.filter(({ status }) => status?.phase !== "Bound");
  if (unbound.length > 0 && !bindsOnSchedule(world)) {
    return { message: nowhere(nodes.length, "pod has unbound immediate PersistentVolumeClaims") };
  }
  const affinity = new PodAffinityCheck(world, pod, nodes, usage.exclusive.values());
  const fitting: Node[] = [];
  const refusals: Refusal[] = [];
  for (const node of nodes) {
    const refusal =
      traitRefusal(node, pod) ??
      roomRefusal(node, requests, usage) ??
      volumeRefusal(world, claims, node) ??
      affinityRefusal(node, affinity);
    if (refusal === undefined) fitting.push(node);
    else refusals.push(refusal);
  }
  if (fitting.length === 0) return { message: unschedulable(nodes.length, refusals) };
  return { node: best(world, fitting, pod, requests, usage, affinity).metadata.name, unbound };
}

/** Whether the node would take the pod if there were room enough on it, and no other pods in the way. */
export function accepts(world: World, node: Node, pod: Pod): boolean {
  const { claims } = claimsOf(world.store, pod);
  return (traitRefusal(node, pod) ?? volumeRefusal(world, claims, node)) === undefined;
}

function traitRefusal(node: Node, pod: Pod): Refusal | undefined {
  const { taints = [], unschedulable } = node.spec;
  const cordon = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;
  if (unschedulable && untolerated(pod, [cordon], ["NoSchedule"])) return never("node(s) were unschedulable");
  if (untolerated(pod, taints, ["NoSchedule", "NoExecute"])) return never("node(s) had untolerated taint(s)");
  return matchesNodeAffinity(pod, node) ? undefined : never("node(s) didn't match Pod's node affinity/selector");
}

function roomRefusal(node: Node, requests: Amounts, usage: NodeUsage): Refusal | undefined {
  const allocatable = allocatableOf(node);
  const insufficient: string[] = [];
  let unresolvable = false;
  for (const [name, amount] of requests) {
    const available = allocatable.get(name) ?? 0;
    if (amount === 0 || amount <= available - usage.requestedOn(node.metadata.name, name)) continue;
    insufficient.push(name === "pods" ? "Too many pods" : `Insufficient ${name}`);
    if (amount > available) unresolvable = true;
  }
  return insufficient.length === 0 ? undefined : { reasons: insufficient, unresolvable };
}

function volumeRefusal(world: World, claims: Claim[], node: Node): Refusal | undefined {
  if (claims.every((claim) => reachableFrom(world.store, claim, node))) return undefined;
  return never("node(s) didn't match PersistentVolume's node affinity");
}

function affinityRefusal(node: Node, affinity: PodAffinityCheck): Refusal | undefined {
  const apart = affinity.refusal(node);
  return apart === undefined ? undefined : { reasons: [apart], unresolvable: apart.endsWith("pod affinity rules") };
}

function never(reason: string): Refusal {
  return { reasons: [reason], unresolvable: true };
}

/** As FailedScheduling and the PodScheduled condition say it (framework/types.go: FitError; preemption). */
function unschedulable(nodes: number, refusals: Refusal[]): string {
  if (nodes === 0) return "no nodes available to schedule pods";
  const unresolvable = refusals.filter((refusal) => refusal.unresolvable).length;
  const preemption = [
    [unresolvable, "Preemption is not helpful for scheduling"],
    [refusals.length - unresolvable, "No preemption victims found for incoming pod"],
  ] as const;
  const noVictims = preemption.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  return nowhere(nodes, counted(refusals.flatMap(({ reasons }) => reasons)), noVictims.sort().join(", "));
}

function nowhere(nodes: number, why: string, noVictims = `${nodes} Preemption is not helpful for scheduling`): string {
  return (
    `0/${nodes} nodes are available: ${why}. no new claims to deallocate, ` +
    `preemption: 0/${nodes} nodes are available: ${noVictims}.`
  );
}

function counted(reasons: string[]): string {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => `${count} ${reason}`)
    .sort()
    .join(", ");
}

/** Weights of the default profile (apis/config/v1/default_plugins.go); the rest of its plug-ins tell no nodes apart here. */
const weights = { taints: 3, nodeAffinity: 2, podAffinity: 2, leastAllocated: 1, balanced: 1 };

function best(
  world: World,
  nodes: Node[],
  pod: Pod,
  requests: Amounts,
  usage: NodeUsage,
  affinity: PodAffinityCheck,
): Node {
  const intolerable = nodes.map(
    ({ spec }) =>
      (spec.taints ?? []).filter(
        (taint) =>
          taint.effect === "PreferNoSchedule" && !(pod.spec.tolerations ?? []).some((one) => tolerates(one, taint)),
      ).length,
  );
  const scores = [
    { weight: weights.taints, of: normalise(intolerable).map((score) => 100 - score) },
    { weight: weights.nodeAffinity, of: normalise(nodes.map((node) => preferredWeight(pod, node))) },
    { weight: weights.podAffinity, of: stretch(nodes.map((node) => affinity.score(node))) },
    { weight: weights.leastAllocated, of: nodes.map((node) => fit(node, requests, usage).leastAllocated) },
    { weight: weights.balanced, of: nodes.map((node) => fit(node, requests, usage).balanced) },
  ];
  const totals = nodes.map((_, index) => scores.reduce((sum, { weight, of }) => sum + weight * of[index]!, 0));
  const highest = Math.max(...totals);
  const equals = nodes.filter((_, index) => totals[index] === highest);
  // Among equals kube-scheduler draws by lot.
  return equals[Math.floor(world.random.fraction(pod.metadata.uid, "tie") * equals.length)]!;
}

/** Scaled so that the highest is 100 (plugins/helper/normalize_score.go). */
function normalise(scores: number[]): number[] {
  const highest = Math.max(...scores);
  return scores.map((score) => (highest === 0 ? 0 : Math.floor((score * 100) / highest)));
}

/** Scaled so that the lowest is 0 and the highest 100 (interpodaffinity/scoring.go). */
function stretch(scores: number[]): number[] {
  const lowest = Math.min(...scores);
  const range = Math.max(...scores) - lowest;
  return scores.map((score) => (range === 0 ? 0 : Math.floor((100 * (score - lowest)) / range)));
}

/** How much would be left (noderesources/least_allocated.go), and how evenly (balanced_allocation.go); of 100. */
function fit(node: Node, requests: Amounts, usage: NodeUsage): { leastAllocated: number; balanced: number } {
  const allocatable = allocatableOf(node);
  const shares = ["cpu", "memory"].map((name) => {
    const available = allocatable.get(name) ?? 0;
    const used = usage.requestedOn(node.metadata.name, name) + (requests.get(name) ?? 0);
    return available === 0 ? 1 : Math.min(1, used / available);
  });
  const [cpu, memory] = shares as [number, number];
  const leastAllocated = Math.floor((Math.floor((1 - cpu) * 100) + Math.floor((1 - memory) * 100)) / 2);
  return { leastAllocated, balanced: Math.floor((1 - Math.abs(cpu - memory) / 2) * 100) };
}
