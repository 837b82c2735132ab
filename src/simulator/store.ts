import type { KubeObject } from "../kube/objects.ts";
import type { EventClock } from "./event-clock.ts";
import type { Random } from "./random.ts";
import { StatusError } from "./status-error.ts";

/** A change of one object; `old` is what it was before. Objects are shared and frozen: never write to them. */
export interface Change {
  verb: "ADDED" | "MODIFIED" | "DELETED";
  /** Plural, as in a URL: `pods`, `virtualmachines`. */
  resource: string;
  object: KubeObject;
  old: KubeObject | undefined;
  resourceVersion: number;
}

export type Listener = (change: Change) => void;

/** Changes to a `Draft` are the caller's own; the store keeps a frozen copy. */
export type Draft<T> = T;

/** What to delete, and how. */
export interface DeleteOptions {
  /** Seconds; 0 removes at once. Only pods are removed gracefully; for others it is ignored. */
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** Group and singular name in messages, e.g. `virtualmachines.kubevirt.io`. */
export type Qualify = (resource: string) => string;

/** How many changes a watch can be resumed from before it is told 410 Gone. */
const historyLength = 20_000;

/**
 * What etcd and the generic part of the API server are to a cluster: objects by resource, namespace and
 * name, one resourceVersion for all, optimistic concurrency, finalizers, graceful deletion of pods,
 * removal of dependents whose controller is gone (the garbage collector is `controllers/`' part).
 * It knows nothing of admission, defaults or kinds.
 */
export class Store {
  #version = 1;
  #incarnation = 0;
  readonly #objects = new Map<string, Map<string, KubeObject>>();
  readonly #listeners: Listener[] = [];
  readonly #history: Change[] = [];
  readonly #clock: EventClock;
  readonly #random: Random;
  readonly #qualify: Qualify;

  constructor(clock: EventClock, random: Random, qualify: Qualify) {
    this.#clock = clock;
    this.#random = random;
    this.#qualify = qualify;
  }

  /** The version of the newest change. */
  get resourceVersion(): number {
    return this.#version;
  }

  get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(resource)?.get(keyOf(namespace, name)) as T | undefined;
  }

  /** All objects of a resource in order of namespace and name, or of creation where `unordered`. */
  list<T extends KubeObject>(resource: string, namespace?: string): T[] {
    const all = this.#objects.get(resource);
    if (all === undefined) return [];
    const found: T[] = [];
    for (const object of all.values()) {
      if (namespace === undefined || object.metadata.namespace === namespace) found.push(object as T);
    }
    return found;
  }

  /** Calls `listener` after every change, in the order of registration; returns how to stop. */
  subscribe(listener: Listener): () => void {
    this.#listeners.push(listener);
    return () => {
      const index = this.#listeners.indexOf(listener);
      if (index >= 0) this.#listeners.splice(index, 1);
    };
  }

  /** The changes after that version, or undefined when they are no longer kept (410 Gone). */
  since(resourceVersion: number): Change[] | undefined {
    if (resourceVersion > this.#version) return undefined;
    const oldest = this.#history[0];
    if (oldest !== undefined && oldest.resourceVersion > resourceVersion + 1 && this.#history.length >= historyLength) {
      return undefined;
    }
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#history[middle]!.resourceVersion <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  /** Creates the object, filling uid, resourceVersion, creationTimestamp and a generated name. */
  create<T extends KubeObject>(
    resource: string,
    object: Omit<T, "metadata"> & { metadata: Partial<T["metadata"]> },
  ): T {
    const draft = structuredClone(object) as unknown as T;
    const meta = draft.metadata;
    if (!meta.name && meta.generateName) {
      meta.name = meta.generateName + this.#random.suffix(resource, meta.generateName, ++this.#incarnation);
    }
    if (this.get(resource, meta.namespace, meta.name) !== undefined) {
      throw new StatusError(409, "AlreadyExists", `${this.#qualify(resource)} "${meta.name}" already exists`, {
        name: meta.name,
        kind: resource,
      });
    }
    meta.uid = this.#random.uuid(resource, meta.namespace ?? "", meta.name, ++this.#incarnation);
    meta.creationTimestamp = this.#clock.stamp();
    meta.generation ??= 1;
    delete meta.deletionTimestamp;
    delete meta.deletionGracePeriodSeconds;
    return this.#commit("ADDED", resource, draft, undefined);
  }

  /**
   * Replaces the object. With a `metadata.resourceVersion` that is not the present one it is refused (409);
   * a replacement that changes nothing makes no new version.
   */
  update<T extends KubeObject>(resource: string, object: T): T {
    const { namespace, name } = object.metadata;
    const old = this.#require(resource, namespace, name);
    const sent = object.metadata.resourceVersion;
    if (sent && sent !== old.metadata.resourceVersion) throw this.#conflict(resource, name);
    const draft = structuredClone(object);
    Object.assign(draft.metadata, {
      uid: old.metadata.uid,
      creationTimestamp: old.metadata.creationTimestamp,
      resourceVersion: old.metadata.resourceVersion,
      ...(old.metadata.deletionTimestamp !== undefined && { deletionTimestamp: old.metadata.deletionTimestamp }),
    });
    if (same(draft, old)) return old as T;
    if (draft.metadata.deletionTimestamp !== undefined && this.#isReleased(resource, draft)) {
      return this.#commit("DELETED", resource, draft, old);
    }
    return this.#commit("MODIFIED", resource, draft, old);
  }

  /**
   * Applies `change` to a copy of the present object and stores it; nothing happens (undefined) where the
   * object is gone. This is what a controller's retried update or a patch amounts to.
   */
  mutate<T extends KubeObject>(
    resource: string,
    namespace: string | undefined,
    name: string,
    change: (draft: Draft<T>) => void,
  ): T | undefined {
    const old = this.get<T>(resource, namespace, name);
    if (old === undefined) return undefined;
    const draft = structuredClone(old);
    change(draft);
    return this.update(resource, draft);
  }

  /**
   * Marks or removes the object: with finalizers it gets a deletionTimestamp and stays; a pod bound to a node
   * and not finished stays for its grace period until its kubelet removes it; all else goes at once.
   * Returns the object as marked or as it was last.
   */
  delete<T extends KubeObject>(
    resource: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): T {
    const old = this.#require<T>(resource, namespace, name);
    const { uid, resourceVersion } = options.preconditions ?? {};
    if (uid !== undefined && uid !== old.metadata.uid) {
      throw new StatusError(
        409,
        "Conflict",
        `Operation cannot be fulfilled on ${this.#qualify(resource)} "${name}": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
        { name, kind: resource },
      );
    }
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      throw this.#conflict(resource, name);
    }
    const draft = structuredClone(old);
    const grace = resource === "pods" ? podGraceSeconds(draft, options.gracePeriodSeconds) : 0;
    if (draft.metadata.deletionTimestamp === undefined) {
      draft.metadata.deletionTimestamp = new Date(this.#clock.wall().getTime() + grace * 1000)
        .toISOString()
        .replace(/\.\d+Z$/, "Z");
      draft.metadata.deletionGracePeriodSeconds = grace;
      draft.metadata.generation = (draft.metadata.generation ?? 1) + 1;
    } else if (grace < (draft.metadata.deletionGracePeriodSeconds ?? 0)) {
      draft.metadata.deletionGracePeriodSeconds = grace;
    }
    if (this.#isReleased(resource, draft)) return this.#commit("DELETED", resource, draft, old);
    if (same(draft, old)) return old;
    return this.#commit("MODIFIED", resource, draft, old);
  }

  /** Whether nothing holds an object marked for deletion: no finalizer, no grace period of a pod. */
  #isReleased(resource: string, object: KubeObject): boolean {
    if ((object.metadata.finalizers ?? []).length > 0) return false;
    return resource !== "pods" || (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
  }

  #commit<T extends KubeObject>(verb: Change["verb"], resource: string, draft: T, old: T | KubeObject | undefined): T {
    draft.metadata.resourceVersion = String(++this.#version);
    const object = deepFreeze(draft);
    let all = this.#objects.get(resource);
    if (all === undefined) this.#objects.set(resource, (all = new Map()));
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (verb === "DELETED") all.delete(key);
    else all.set(key, object);
    const change: Change = { verb, resource, object, old, resourceVersion: this.#version };
    this.#history.push(change);
    if (this.#history.length >= historyLength * 1.5) this.#history.splice(0, this.#history.length - historyLength);
    for (const listener of [...this.#listeners]) listener(change);
    return object;
  }

  #require<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T {
    const object = this.get<T>(resource, namespace, name);
    if (object !== undefined) return object;
    throw new StatusError(404, "NotFound", `${this.#qualify(resource)} "${name}" not found`, { name, kind: resource });
  }

  #conflict(resource: string, name: string): StatusError {
    return new StatusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${this.#qualify(resource)} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      { name, kind: resource },
    );
  }
}

function podGraceSeconds(pod: KubeObject, asked: number | undefined): number {
  const { spec, status } = pod as KubeObject & {
    spec?: { nodeName?: string; terminationGracePeriodSeconds?: number };
    status?: { phase?: string };
  };
  // A pod that no kubelet holds or that has ended is removed at once (pod strategy, CheckGracefulDelete).
  if (!spec?.nodeName || status?.phase === "Succeeded" || status?.phase === "Failed") return 0;
  return asked ?? spec.terminationGracePeriodSeconds ?? 30;
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}

function same(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = definedKeys(a);
  if (keys.length !== definedKeys(b).length) return false;
  return keys.every((key) => same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

function definedKeys(object: object): string[] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined)
    .map(([key]) => key);
}
