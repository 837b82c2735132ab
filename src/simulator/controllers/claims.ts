import type { KubeObject, Node, Pod } from "../../kube/objects.ts";
import { matchesTerms, type NodeSelectorTerm } from "../../kube/node-affinity.ts";
import type { Store } from "../store.ts";
import type { World } from "../world.ts";

export interface Claim extends KubeObject {
  spec: {
    accessModes?: string[];
    storageClassName?: string;
    volumeName?: string;
    volumeMode?: string;
    resources?: { requests?: Record<string, string> };
  };
  status?: { phase?: "Pending" | "Bound" | "Lost"; accessModes?: string[]; capacity?: Record<string, string> };
}

export interface Volume extends KubeObject {
  spec: {
    accessModes?: string[];
    capacity?: Record<string, string>;
    claimRef?: { apiVersion: string; kind: string; namespace: string; name: string; uid: string };
    nodeAffinity?: { required: { nodeSelectorTerms: NodeSelectorTerm[] } };
    volumeMode?: string;
    csi?: { driver: string; volumeHandle: string };
    [field: string]: unknown;
  };
  status: { phase: "Available" | "Bound" | "Released" };
}

/** The node that the scheduler chose for a claim which is to be bound there. */
export const selectedNode = "volume.kubernetes.io/selected-node";

/** The names of the claims that a pod uses. */
export function claimNamesOf(pod: Pod): string[] {
  const volumes = (pod.spec["volumes"] ?? []) as { persistentVolumeClaim?: { claimName: string } }[];
  return volumes.flatMap(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName ?? []);
}

/** The claims that a pod uses, and the names of those that do not exist. */
export function claimsOf(store: Store, pod: Pod): { claims: Claim[]; missing: string[] } {
  const names = claimNamesOf(pod);
  const claims = names.flatMap(
    (name) => store.get<Claim>("persistentvolumeclaims", pod.metadata.namespace, name) ?? [],
  );
  const found = new Set(claims.map(({ metadata }) => metadata.name));
  return { claims, missing: names.filter((name) => !found.has(name)) };
}

export function volumeOf(store: Store, claim: Claim): Volume | undefined {
  const { volumeName } = claim.spec;
  return volumeName === undefined ? undefined : store.get<Volume>("persistentvolumes", undefined, volumeName);
}

/** Whether volumes are made when a pod that uses them is put on a node (WaitForFirstConsumer), or at once. */
export function bindsOnSchedule({ settings }: World): boolean {
  return settings.storage === "local";
}

/** Whether what that claim holds, or will hold, can be had on that node. */
export function reachableFrom(store: Store, claim: Claim, node: Node): boolean {
  const volume = volumeOf(store, claim);
  if (volume === undefined) {
    const selected = claim.metadata.annotations?.[selectedNode];
    return selected === undefined || selected === node.metadata.name;
  }
  return matchesTerms(volume.spec.nodeAffinity?.required.nodeSelectorTerms, node);
}
