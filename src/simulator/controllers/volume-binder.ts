import type { KubeObject } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { recordEvent } from "../event-recorder.ts";
import type { World } from "../world.ts";
import { bindsOnSchedule, selectedNode, type Claim, type Volume } from "./claims.ts";

const claims = "persistentvolumeclaims";
const volumes = "persistentvolumes";
/** The cluster's one storage class; a claim that names another gets the same. */
const storageClass = "standard";

/**
 * Gives every new claim a volume of its own, and takes the volume away with the claim. Volumes on the network are made
 * at once; a local one, a directory of one node, when a pod that uses it is about to be put on that node.
 */
export function startVolumeBinder(world: World): void {
  const { store } = world;
  const local = bindsOnSchedule(world);
  createStorageClass(world);
  const queue = new WorkQueue(world, "persistent volumes", "kube-controller-manager", (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const claim = store.get<Claim>(claims, namespace, name);
    if (claim === undefined || claim.status?.phase === "Bound") return;
    const { volumeName } = claim.spec;
    if (volumeName === undefined) store.create<Volume>(volumes, volumeFor(world, claim));
    bind(world, claim, volumeName ?? `pvc-${claim.metadata.uid}`);
  });
  store.subscribe(({ verb, resource, object, old }) => {
    if (resource !== claims) return;
    const claim = object as Claim;
    if (verb === "DELETED") remove(world, claim);
    else if (verb === "ADDED" && local && claim.spec.volumeName === undefined) waitForConsumer(world, claim);
    else if (verb === "ADDED" || selectedFor(claim) !== selectedFor(old)) {
      const { namespace, name, uid } = claim.metadata;
      queue.add(`${namespace}/${name}`, world.random.between(300, 1_500, uid, "provision"));
    }
  });
}

function bind(world: World, claim: Claim, volumeName: string): void {
  const volume = world.store.get<Volume>(volumes, undefined, volumeName);
  if (volume === undefined) return;
  const { namespace = "", name, uid } = claim.metadata;
  const { accessModes = [], capacity = {}, volumeMode = "Filesystem" } = volume.spec;
  world.store.mutate<Volume>(volumes, undefined, volumeName, (draft) => {
    draft.spec.claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", name, namespace, uid };
    draft.status = { phase: "Bound" };
  });
  world.store.mutate<Claim>(claims, namespace, name, (draft) => {
    draft.spec = { storageClassName: storageClass, ...draft.spec, volumeMode, volumeName };
    draft.status = { accessModes, capacity, phase: "Bound" };
  });
}

function remove(world: World, { spec, metadata }: Claim): void {
  const { volumeName } = spec;
  // A volume that was there before its claim stays.
  if (volumeName !== `pvc-${metadata.uid}` || world.store.get(volumes, undefined, volumeName) === undefined) return;
  world.store.delete(volumes, undefined, volumeName);
}

function waitForConsumer(world: World, claim: Claim): void {
  const message = "waiting for first consumer to be created before binding";
  recordEvent(world, claim, "Normal", "WaitForFirstConsumer", message, "persistentvolume-controller");
}

/** Asks for a claim's local volume to be made on that node. */
export function selectNode(world: World, { metadata }: Claim, node: string): void {
  world.store.mutate<Claim>(claims, metadata.namespace, metadata.name, (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [selectedNode]: node };
  });
}

function selectedFor(claim: KubeObject | undefined): string | undefined {
  return claim?.metadata.annotations?.[selectedNode];
}

function volumeFor(world: World, claim: Claim): Omit<Volume, "metadata"> & { metadata: { name: string } } {
  const { accessModes = ["ReadWriteOnce"], resources, volumeMode = "Filesystem" } = claim.spec;
  const name = `pvc-${claim.metadata.uid}`;
  const hostname = { key: "kubernetes.io/hostname", operator: "In", values: [selectedFor(claim) ?? ""] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name },
    spec: {
      accessModes,
      capacity: { storage: resources?.requests?.["storage"] ?? "1Gi" },
      persistentVolumeReclaimPolicy: "Delete",
      storageClassName: claim.spec.storageClassName ?? storageClass,
      volumeMode,
      ...(bindsOnSchedule(world)
        ? {
            hostPath: { path: `/var/local-path-provisioner/${name}` },
            nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [hostname] }] } },
          }
        : { csi: { driver: "network.csi.example", volumeHandle: name } }),
    },
    status: { phase: "Available" },
  };
}

function createStorageClass(world: World): void {
  const local = bindsOnSchedule(world);
  world.store.create<KubeObject & Record<string, unknown>>("storageclasses", {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name: storageClass, annotations: { "storageclass.kubernetes.io/is-default-class": "true" } },
    provisioner: local ? "rancher.io/local-path" : "network.csi.example",
    reclaimPolicy: "Delete",
    volumeBindingMode: local ? "WaitForFirstConsumer" : "Immediate",
  });
}
