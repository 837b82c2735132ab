import type { KubeObject, Pod } from "../kube/objects.ts";
import type { Change, Store } from "./store.ts";

/** Where an object is kept. */
export interface Dependent {
  resource: string;
  namespace: string | undefined;
  name: string;
}

/** Who runs where and who owns what, kept up with every change, so that nothing scans all objects to find a few. */
export class ObjectIndex {
  readonly #store: Store;
  readonly #podsByNode = new Map<string, Map<string, Dependent>>();
  readonly #dependents = new Map<string, Map<string, Dependent>>();
  readonly #byNamespace = new Map<string, Map<string, Dependent>>();
  readonly #byUid = new Map<string, Dependent>();

  constructor(store: Store) {
    this.#store = store;
    store.subscribe((change) => this.#update(change));
  }

  /** Pods bound to that node, in the order they were bound. */
  podsOn(node: string): Pod[] {
    return this.#read<Pod>(this.#podsByNode.get(node));
  }

  /** Pods with an owner reference to that UID, oldest first. */
  podsOwnedBy(uid: string): Pod[] {
    const pods = [...(this.#dependents.get(uid)?.values() ?? [])].filter(({ resource }) => resource === "pods");
    return pods.flatMap((pod) => this.#store.get<Pod>("pods", pod.namespace, pod.name) ?? []);
  }

  /** Everything with an owner reference to that UID, oldest first. */
  dependentsOf(uid: string): Dependent[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])];
  }

  /** Everything in a namespace, oldest first. */
  inNamespace(namespace: string): Dependent[] {
    return [...(this.#byNamespace.get(namespace)?.values() ?? [])];
  }

  /** Where the object with that UID is, if it exists. */
  find(uid: string): Dependent | undefined {
    return this.#byUid.get(uid);
  }

  #read<T extends KubeObject>(entries: Map<string, Dependent> | undefined): T[] {
    if (entries === undefined) return [];
    const found: T[] = [];
    for (const { resource, namespace, name } of entries.values()) {
      const object = this.#store.get<T>(resource, namespace, name);
      if (object !== undefined) found.push(object);
    }
    return found;
  }

  #update({ verb, resource, object, old }: Change): void {
    const { namespace, name, uid } = object.metadata;
    const entry: Dependent = { resource, namespace, name };
    const gone = verb === "DELETED";
    if (gone) this.#byUid.delete(uid);
    else this.#byUid.set(uid, entry);
    if (namespace !== undefined) {
      if (gone) drop(this.#byNamespace, namespace, uid);
      else put(this.#byNamespace, namespace, uid, entry);
    }
    for (const owner of old?.metadata.ownerReferences ?? []) {
      if (gone || !object.metadata.ownerReferences?.some((now) => now.uid === owner.uid)) {
        drop(this.#dependents, owner.uid, uid);
      }
    }
    if (!gone) for (const owner of object.metadata.ownerReferences ?? []) put(this.#dependents, owner.uid, uid, entry);
    if (resource !== "pods") return;
    const node = (object as Pod).spec.nodeName;
    if (!node) return;
    if (gone) drop(this.#podsByNode, node, uid);
    else put(this.#podsByNode, node, uid, entry);
  }
}

function put(index: Map<string, Map<string, Dependent>>, key: string, uid: string, entry: Dependent): void {
  let entries = index.get(key);
  if (entries === undefined) index.set(key, (entries = new Map<string, Dependent>()));
  if (!entries.has(uid)) entries.set(uid, entry);
}

function drop(index: Map<string, Map<string, Dependent>>, key: string, uid: string): void {
  const entries = index.get(key);
  entries?.delete(uid);
  if (entries?.size === 0) index.delete(key);
}
