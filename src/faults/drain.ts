import { may, mayCall, mayWith, type Permission } from "../kube/permission.ts";
import { ApiError } from "../cluster/api-error.ts";
import type { Cluster, Receipt } from "../cluster/cluster.ts";
import { pods, virtualMachineInstances } from "../kube/resources.ts";
import { launcherPods } from "../workload/launcher-pods.ts";
import { cordon, cordonNeeds, liftCordon } from "./cordon.ts";
import { ask, askAgain, cancelEvacuation, isRetried, otherPods } from "./evictions.ts";
import type { Fault, Hit, Victim } from "./fault.ts";
import { nodesOf, request } from "./hit.ts";
import { lookForRoom, roomNeeds, type Room } from "./room.ts";

export interface DrainOptions {
  /** Whether kubectl is interrupted once it has asked for every pod: it asks no more, and the node stays cordoned. */
  interrupted?: boolean;
  /** Whether it is begun only where the other nodes are seen to have room for all that it would move. */
  verifyRoom?: boolean;
}

/** What a drain asks of the API server. */
export const drainNeeds: Permission[] = [
  cordonNeeds,
  mayWith(["create"], pods, "eviction"),
  may(["get"], virtualMachineInstances),
  // Kubernetes knows a subresource by its first word, KubeVirt by all of them.
  mayCall(virtualMachineInstances, "evacuate"),
  mayCall(virtualMachineInstances, "evacuate/cancel"),
];

/** What ends the asking of the drains of a cluster; whoever uncordons its nodes ends them all. */
const underWay = new WeakMap<Cluster, AbortController[]>();

/**
 * Drains the node that carries the victims as `kubectl drain --ignore-daemonsets --delete-emptydir-data --force` does:
 * cordons it, then asks the Eviction API for each pod again and again, until it is gone. The revert gives up, uncordons
 * what was not cordoned before, and takes back what was marked.
 */
export function drain({ interrupted = false, verifyRoom = false }: DrainOptions = {}): Fault {
  const first = verifyRoom ? ", if the other nodes have room" : "";
  const last = interrupted ? ", interrupted once it has asked" : "";
  return {
    name: "drain",
    parameters: { ...(interrupted && { interrupted }), ...(verifyRoom && { verifyRoom }) },
    scope: "node",
    sharing: "queued",
    summary: `kubectl drain --ignore-daemonsets --delete-emptydir-data --force${first}${last}`,
    needs: [],
    asks: verifyRoom ? [...drainNeeds, ...roomNeeds] : drainNeeds,
    unfit: () => null,
    targets: nodesOf,
    inject: async (cluster, victims) => {
      if (!verifyRoom) return drainNodes(cluster, victims, interrupted);
      const room = await roomFor(cluster, victims);
      if (!room.isEnough) return victims.map((victim) => notBegun(victim, room));
      const hits = await drainNodes(cluster, victims, interrupted);
      return hits.map((hit) => afterLook(hit, room));
    },
    revert: async (cluster, victims) => {
      for (const control of underWay.get(cluster) ?? []) control.abort();
      for (const node of nodesOf(victims)) await liftCordon(cluster, node);
      await Promise.all(victims.map((victim) => cancelEvacuation(cluster, victim)));
    },
  };
}

/** Whether what a drain moves, and somebody makes anew or migrates, has somewhere to go. */
async function roomFor(cluster: Cluster, victims: Victim[]): Promise<Room> {
  const from = nodesOf(victims);
  const launchers = await Promise.all(victims.map(({ vmi }) => launcherPods(cluster, vmi)));
  const others = await Promise.all(from.map((node) => otherPods(cluster, node, victims)));
  const replaced = others
    .flat()
    .filter(({ metadata }) => metadata.ownerReferences?.some(({ controller }) => controller));
  return lookForRoom(cluster, [...launchers.flat(), ...replaced], from);
}

function notBegun(victim: Victim, { detail }: Room): Hit {
  return { victim, receipt: null, reason: `the drain was not begun: ${detail}`, refused: true };
}

function afterLook(hit: Hit, { detail }: Room): Hit {
  if (hit.receipt === null) return hit;
  return { ...hit, receipt: { ...hit.receipt, evidence: `${hit.receipt.evidence}; before, ${detail}` } };
}

/** Cordons the nodes that the victims are on, and asks for all that runs there. */
export async function drainNodes(cluster: Cluster, victims: Victim[], interrupted = false): Promise<Hit[]> {
  const control = new AbortController();
  underWay.set(cluster, [...(underWay.get(cluster) ?? []), control]);
  for (const node of nodesOf(victims)) await cordon(cluster, node);
  const others = (await Promise.all(nodesOf(victims).map((node) => otherPods(cluster, node, victims)))).flat();
  const asked = others.map((pod) =>
    ask(cluster, pod).catch((error: unknown) => isRetried(error) && askAgain(cluster, pod, control.signal)),
  );
  const hits = await Promise.all(victims.map((victim) => evict(cluster, victim, control.signal)));
  await Promise.all(asked);
  if (interrupted) control.abort();
  return hits;
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
    if (!isRetried(error)) return { victim, receipt: null, reason: error.message, refused: true };
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
