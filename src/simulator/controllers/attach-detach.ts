import { condition, type KubeObject, type Node, type Pod } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import { recordEvent } from "../event-recorder.ts";
import type { Store } from "../store.ts";
import type { World } from "../world.ts";
import { claimNamesOf, claimsOf, volumeOf, type Volume } from "./claims.ts";

/** That a volume is attached to a node, or to be. */
export interface VolumeAttachment extends KubeObject {
  spec: { attacher: string; nodeName: string; source: { persistentVolumeName: string } };
  status: { attached: boolean };
}

const resource = "volumeattachments";
const component = "kube-controller-manager";
/** A volume that cannot be attached is tried again after this. */
const retryMs = 1_000;

/**
 * Attaches network volumes to the nodes whose pods use them and detaches them after (pkg/controller/volume/attachdetach):
 * one that only one node may write goes to another when it is detached from the first, which a dead node delays until
 * force detach, six minutes after its pod is gone, or until it is declared out of service.
 */
export function startAttachDetach(world: World): void {
  /** Since when a volume is of no use to the node it is attached to, by attachment. */
  const unusedSince = new Map<string, number>();
  const pods = new WorkQueue(world, "attach", component, (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const pod = world.store.get<Pod>("pods", namespace, name);
    if (pod?.spec.nodeName === undefined || hasEnded(pod)) return;
    for (const volume of networkVolumesOf(world.store, pod)) {
      if (!attach(pod, volume, pod.spec.nodeName)) pods.add(key, retryMs);
    }
  });
  const unused = new WorkQueue(world, "detach", component, (name) => {
    const attachment = world.store.get<VolumeAttachment>(resource, undefined, name);
    if (attachment === undefined || isUsed(attachment)) unusedSince.delete(name);
    else detach(attachment);
  });

  world.store.subscribe(({ verb, resource: changed, object, old }) => {
    if (changed !== "pods" || claimNamesOf(object as Pod).length === 0) return;
    const pod = object as Pod;
    if (pod.spec.nodeName === undefined) return;
    if (verb !== "DELETED" && (old as Pod | undefined)?.spec.nodeName === undefined) pods.add(keyOf(pod));
    if (verb === "DELETED" || hasEnded(pod)) {
      for (const volume of networkVolumesOf(world.store, pod)) unused.add(attachmentName(volume, pod.spec.nodeName));
    }
  });

  /** True when it is attached, or on the way. */
  function attach(pod: Pod, volume: Volume, node: string): boolean {
    const name = attachmentName(volume, node);
    if (world.store.get(resource, undefined, name) !== undefined) return true;
    const others = world.store
      .list<VolumeAttachment>(resource)
      .filter(({ spec }) => spec.source.persistentVolumeName === volume.metadata.name);
    if (others.length > 0 && !volume.spec.accessModes?.includes("ReadWriteMany")) {
      const why = "Volume is already exclusively attached to one node and can't be attached to another";
      const message = `Multi-Attach error for volume "${volume.metadata.name}" ${why}`;
      recordEvent(world, pod, "Warning", "FailedAttachVolume", message, "attachdetach-controller");
      return false;
    }
    const created = world.store.create<VolumeAttachment>(resource, {
      apiVersion: "storage.k8s.io/v1",
      kind: "VolumeAttachment",
      metadata: { name },
      spec: {
        attacher: volume.spec.csi!.driver,
        nodeName: node,
        source: { persistentVolumeName: volume.metadata.name },
      },
      status: { attached: false },
    });
    world.clock.schedule(world.random.between(400, 1_500, created.metadata.uid, "attach"), () => {
      const now = world.store.mutate<VolumeAttachment>(resource, undefined, name, ({ status }) => {
        status.attached = true;
      });
      if (now === undefined) return;
      const message = `AttachVolume.Attach succeeded for volume "${volume.metadata.name}" `;
      recordEvent(world, pod, "Normal", "SuccessfulAttachVolume", message, "attachdetach-controller");
    });
    return true;
  }

  function isUsed({ spec }: VolumeAttachment): boolean {
    return world.index
      .podsOn(spec.nodeName)
      .some(
        (pod) =>
          !hasEnded(pod) &&
          networkVolumesOf(world.store, pod).some(({ metadata }) => metadata.name === spec.source.persistentVolumeName),
      );
  }

  function detach({ metadata: { name, uid }, spec }: VolumeAttachment): void {
    const since = unusedSince.get(name) ?? world.clock.now();
    unusedSince.set(name, since);
    const node = world.store.get<Node>("nodes", undefined, spec.nodeName);
    const healthy = condition(node, "Ready")?.status === "True";
    const outOfService = node?.spec.taints?.some(({ key }) => key === "node.kubernetes.io/out-of-service") ?? false;
    const forced = world.clock.now() - since >= world.settings.forceDetachSeconds * 1000;
    // A node that is well unmounts first; of one that is not nobody knows whether it has.
    if (!healthy && !outOfService && !forced) {
      unused.add(name, retryMs);
      return;
    }
    unusedSince.delete(name);
    world.clock.schedule(world.random.between(300, 1_500, uid, "detach"), () => {
      const now = world.store.get<VolumeAttachment>(resource, undefined, name);
      if (now?.metadata.uid === uid && !isUsed(now)) world.store.delete(resource, undefined, name);
    });
  }
}

/** Whether all volumes of a pod are bound and attached to its node, so that it can start. */
export function volumesAttached(store: Store, pod: Pod): boolean {
  const { claims, missing } = claimsOf(store, pod);
  if (missing.length > 0 || claims.some(({ status }) => status?.phase !== "Bound")) return false;
  return networkVolumesOf(store, pod).every(
    (volume) =>
      store.get<VolumeAttachment>(resource, undefined, attachmentName(volume, pod.spec.nodeName ?? ""))?.status
        .attached === true,
  );
}

function networkVolumesOf(store: Store, pod: Pod): Volume[] {
  return claimsOf(store, pod)
    .claims.flatMap((claim) => volumeOf(store, claim) ?? [])
    .filter(({ spec }) => spec.csi !== undefined);
}

function attachmentName(volume: Volume, node: string): string {
  return `${volume.metadata.name}-${node}`;
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}

function keyOf({ metadata }: Pod): string {
  return `${metadata.namespace}/${metadata.name}`;
}
