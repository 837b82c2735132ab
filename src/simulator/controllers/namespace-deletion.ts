import type { KubeObject } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { World } from "../world.ts";

/** A namespace; the finalizer of its specification holds it until all that is in it is gone. */
export interface Namespace extends KubeObject {
  spec: { finalizers?: string[] };
  status: { phase: "Active" | "Terminating" };
}

/** Empties namespaces that are being deleted, then lets them go (pkg/controller/namespace/deletion). */
export function startNamespaceDeletion(world: World): void {
  const queue = new WorkQueue(world, "namespace deletion", "kube-controller-manager", (name) => {
    const namespace = world.store.get<Namespace>("namespaces", undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    world.store.mutate<Namespace>("namespaces", undefined, name, ({ status }) => {
      status.phase = "Terminating";
    });
    const content = world.index.inNamespace(name);
    for (const { resource, name: member } of content) {
      const object = world.store.get<KubeObject>(resource, name, member);
      if (object !== undefined && object.metadata.deletionTimestamp === undefined) {
        world.store.delete(resource, name, member);
      }
    }
    if (world.index.inNamespace(name).length > 0) return;
    world.store.mutate<Namespace>("namespaces", undefined, name, ({ spec }) => {
      delete spec.finalizers;
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
