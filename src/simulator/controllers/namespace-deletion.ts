import type { KubeObject } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { World } from "../world.ts";

/** Holds a namespace until all that is in it is gone. */
export const namespaceFinalizer = "kubernetes";

/** Empties namespaces that are being deleted, then lets them go (pkg/controller/namespace/deletion). */
export function startNamespaceDeletion(world: World): void {
  const queue = new WorkQueue(world, "namespace deletion", "kube-controller-manager", (name) => {
    const namespace = world.store.get<KubeObject>("namespaces", undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    const content = world.index.inNamespace(name);
    for (const { resource, name: member } of content) {
      const object = world.store.get<KubeObject>(resource, name, member);
      if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
        world.store.delete(resource, name, member);
      }
    }
    if (world.index.inNamespace(name).length > 0) return;
    world.store.mutate<KubeObject>("namespaces", undefined, name, ({ metadata }) => {
      metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== namespaceFinalizer);
    });
  });
  world.store.subscribe(({ verb, resource, object }) => {
    if (resource === "namespaces" && object.metadata.deletionTimestamp !== undefined && verb !== "DELETED") {
      queue.add(object.metadata.name);
    }
    const { namespace } = object.metadata;
    if (verb !== "DELETED" || namespace === undefined) return;
    const around = world.store.get<KubeObject>("namespaces", undefined, namespace);
    if (around?.metadata.deletionTimestamp !== undefined) queue.add(namespace);
  });
}
