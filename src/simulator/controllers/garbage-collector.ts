import type { KubeObject } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { Dependent } from "../object-index.ts";
import type { World } from "../world.ts";

const component = "kube-controller-manager";

/**
 * The garbage collector (pkg/controller/garbagecollector): deletes what has no living owner left, and holds an
 * object deleted in the foreground until the dependents that block it are gone.
 */
export function startGarbageCollector(world: World): void {
  const dependents = new WorkQueue(world, "garbage collector: dependents", component, collect);
  const owners = new WorkQueue(world, "garbage collector: owners", component, finishOwner);

  world.store.subscribe(({ verb, resource, object }) => {
    const { uid, ownerReferences = [], finalizers = [] } = object.metadata;
    if (verb === "DELETED") {
      for (const dependent of world.index.dependentsOf(uid)) dependents.add(keyOf(dependent));
      for (const { uid: owner } of ownerReferences) {
        const waiting = world.index.find(owner);
        if (waiting !== undefined) owners.add(keyOf(waiting));
      }
      return;
    }
    if (verb === "ADDED" && ownerReferences.length > 0) dependents.add(keyOf({ resource, ...object.metadata }));
    if (object.metadata.deletionTimestamp === undefined) return;
    if (finalizers.some((one) => one === "foregroundDeletion" || one === "orphan")) {
      owners.add(keyOf({ resource, ...object.metadata }));
    }
  });

  function collect(key: string): void {
    const object = get(key);
    const references = object?.metadata.ownerReferences ?? [];
    if (object === undefined || references.length === 0 || object.metadata.deletionTimestamp !== undefined) return;
    if (references.some(({ uid }) => world.index.find(uid) !== undefined)) return;
    const { namespace, name, uid } = object.metadata;
    world.store.delete(parse(key).resource, namespace, name, { preconditions: { uid } });
  }

  function finishOwner(key: string): void {
    const owner = get(key);
    if (owner?.metadata.deletionTimestamp === undefined) return;
    const owned = world.index.dependentsOf(owner.metadata.uid);
    if (owner.metadata.finalizers?.includes("orphan")) {
      for (const dependent of owned) disown(dependent, owner.metadata.uid);
      release(key, "orphan");
    } else if (owner.metadata.finalizers?.includes("foregroundDeletion")) {
      const blocking = owned.filter((dependent) => blocks(dependent, owner.metadata.uid));
      for (const dependent of blocking) {
        const object = get(keyOf(dependent));
        if (object === undefined || object.metadata.deletionTimestamp !== undefined) continue;
        world.store.delete(dependent.resource, dependent.namespace, dependent.name);
      }
      if (owned.every((dependent) => !blocks(dependent, owner.metadata.uid))) release(key, "foregroundDeletion");
    }
  }

  function blocks(dependent: Dependent, owner: string): boolean {
    const references = get(keyOf(dependent))?.metadata.ownerReferences ?? [];
    return references.some(({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true);
  }

  function disown({ resource, namespace, name }: Dependent, owner: string): void {
    world.store.mutate<KubeObject>(resource, namespace, name, ({ metadata }) => {
      const left = (metadata.ownerReferences ?? []).filter(({ uid }) => uid !== owner);
      if (left.length > 0) metadata.ownerReferences = left;
      else delete metadata.ownerReferences;
    });
  }

  function release(key: string, finalizer: string): void {
    const { resource, namespace, name } = parse(key);
    world.store.mutate<KubeObject>(resource, namespace, name, ({ metadata }) => {
      metadata.finalizers = (metadata.finalizers ?? []).filter((one) => one !== finalizer);
    });
  }

  function get(key: string): KubeObject | undefined {
    const { resource, namespace, name } = parse(key);
    return world.store.get(resource, namespace, name);
  }
}

function keyOf({
  resource,
  namespace,
  name,
}: {
  resource: string;
  namespace?: string | undefined;
  name: string;
}): string {
  return `${resource}/${namespace ?? ""}/${name}`;
}

function parse(key: string): Dependent {
  const [resource, namespace, name] = key.split("/") as [string, string, string];
  return { resource, namespace: namespace === "" ? undefined : namespace, name };
}
