import { Immer } from "immer";
import type { KubeObject } from "../kube/objects.ts";
import type { EventClock } from "./event-clock.ts";
import { copyOf, deepFreeze, same, shareWith } from "./frozen.ts";
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

/** How to write: `dryRun` answers what would be stored, and stores nothing. */
export interface WriteOptions {
  dryRun?: boolean;
}

/** What to delete, and how. */
export interface DeleteOptions extends WriteOptions {
  /** Seconds; 0 removes at once. Only pods are removed gracefully; for others it is ignored. */
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
  /** Holds the object until the garbage collector has dealt with its dependents. */
  finalizer?: "foregroundDeletion" | "orphan";
}

/** Group and plural in messages, e.g. `virtualmachines.kubevirt.io`. */
export type Qualify = (resource: string) => string;

/** Makes drafts that copy only what is written to; what is stored is frozen here, without members that are undefined. */
const drafts = new Immer({ autoFreeze: false });

/** How many changes a watch can be resumed from before it is told 410 Gone. */
const defaultHistoryLength = 20_000;

/** Kinds whose specification has no generation (their strategies do not count it). */
const withoutGeneration = new Set([
  "nodes",
  "namespaces",
  "events",
  "secrets",
  "configmaps",
  "services",
  "serviceaccounts",
  "persistentvolumes",
  "persistentvolumeclaims",
  "leases",
  "storageclasses",
  "priorityclasses",
]);

/**
 * What etcd and the generic part of the API server are to a cluster: objects by resource, namespace and
 * name, one resourceVersion for all, optimistic concurrency, finalizers, graceful deletion of pods
 * (removing dependents whose owner is gone is a controller's part). It knows nothing of admission or defaults.
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
  readonly #historyLength: number;

  constructor(clock: EventClock, random: Random, qualify: Qualify, historyLength = defaultHistoryLength) {
    this.#clock = clock;
    this.#random = random;
    this.#qualify = qualify;
    this.#historyLength = historyLength;
  }

  /** The version of the newest change. */
  get resourceVersion(): number {
    return this.#version;
  }

  /** The oldest version whose later changes are all still kept. */
  get oldestResourceVersion(): number {
    return (this.#history[0]?.resourceVersion ?? this.#version + 1) - 1;
  }

  get<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T | undefined {
    return this.#objects.get(resource)?.get(keyOf(namespace, name)) as T | undefined;
  }

  /** All objects of a resource, of one namespace if given, in order of creation. */
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
    if (resourceVersion < this.oldestResourceVersion) return undefined;
    let low = 0;
    let high = this.#history.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#history[middle]!.resourceVersion <= resourceVersion) low = middle + 1;
      else high = middle;
    }
    return this.#history.slice(low);
  }

  /** All objects of a resource as they were at that version, or undefined when that is no longer known. */
  listAt(resource: string, resourceVersion: number): KubeObject[] | undefined {
    const changes = this.since(resourceVersion);
    if (changes === undefined) return undefined;
    const then = new Map(this.#objects.get(resource));
    for (const { resource: changed, object, old } of changes.reverse()) {
      if (changed !== resource) continue;
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      if (old === undefined) then.delete(key);
      else then.set(key, old);
    }
    return [...then.values()];
  }

  /** Creates the object, filling uid, resourceVersion, creationTimestamp and a generated name. */
  create<T extends KubeObject>(
    resource: string,
    object: Omit<T, "metadata"> & { metadata: Partial<T["metadata"]> },
    options: WriteOptions = {},
  ): T {
    const draft = copyOf(object) as unknown as T;
    const meta = draft.metadata;
    let incarnation = this.#incarnation;
    if (!meta.name && meta.generateName) {
      meta.name = meta.generateName + this.#random.suffix(resource, meta.generateName, ++incarnation);
    }
    if (this.get(resource, meta.namespace, meta.name) !== undefined) {
      throw this.#error(409, "AlreadyExists", resource, meta.name, `already exists`);
    }
    meta.uid = this.#random.uuid(resource, meta.namespace ?? "", meta.name, ++incarnation);
    meta.creationTimestamp = this.#clock.stamp();
    if (withoutGeneration.has(resource)) delete meta.generation;
    else meta.generation = 1;
    delete meta.deletionTimestamp;
    delete meta.deletionGracePeriodSeconds;
    if (!options.dryRun) this.#incarnation = incarnation;
    else delete (meta as Partial<T["metadata"]>).resourceVersion;
    return this.#commit("ADDED", resource, draft, undefined, options);
  }

  /**
   * Replaces the object. With a `metadata.resourceVersion` that is not the present one it is refused (409);
   * a replacement that changes nothing makes no new version.
   */
  update<T extends KubeObject>(resource: string, object: T, options: WriteOptions = {}): T {
    const { namespace, name } = object.metadata;
    const old = this.#require<T>(resource, namespace, name);
    const sent = object.metadata.resourceVersion;
    if (sent && sent !== old.metadata.resourceVersion) throw this.#conflict(resource, name);
    return this.#replace(resource, old, copyOf(object), options);
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
    const next = drafts.produce(old, (draft) => void change(draft as T));
    return next === old ? old : this.#replace(resource, old, next);
  }

  /**
   * Marks or removes the object: with finalizers it gets a deletionTimestamp and stays; a pod bound to a node
   * and not finished stays for its grace period until its kubelet removes it; all else goes at once, a pod after
   * one last change that leaves it no grace, other objects as they were (registry/generic: Store.Delete).
   * Returns the object as marked or as it was last.
   */
  delete<T extends KubeObject>(
    resource: string,
    namespace: string | undefined,
    name: string,
    options: DeleteOptions = {},
  ): T {
    const old = this.#require<T>(resource, namespace, name);
    checkPreconditions(old, options);
    const draft = copyOf(old);
    const meta = draft.metadata;
    const { finalizer } = options;
    if (finalizer !== undefined && meta.finalizers?.includes(finalizer) !== true) {
      meta.finalizers = [...(meta.finalizers ?? []), finalizer];
    }
    if (meta.deletionTimestamp === undefined) {
      const grace = resource === "pods" ? podGraceSeconds(draft, options.gracePeriodSeconds) : 0;
      meta.deletionTimestamp = secondsAfter(this.#clock.wall(), grace);
      meta.deletionGracePeriodSeconds = grace;
      if (meta.generation !== undefined) meta.generation++;
    } else {
      // What is marked already can only be given less time, by who says how much (registry/rest: BeforeDelete).
      const left = meta.deletionGracePeriodSeconds ?? 0;
      const saved = left - (options.gracePeriodSeconds ?? left);
      if (saved > 0) {
        meta.deletionTimestamp = secondsAfter(new Date(meta.deletionTimestamp), -saved);
        meta.deletionGracePeriodSeconds = left - saved;
      }
    }
    const released = isReleased(resource, draft);
    if (released && resource !== "pods") return this.#remove(resource, old, options);
    const marked = same(draft, old) ? old : this.#commit("MODIFIED", resource, draft, old, options);
    return released ? this.#remove(resource, marked, options) : marked;
  }

  #remove<T extends KubeObject>(resource: string, last: T, options: WriteOptions): T {
    return this.#commit("DELETED", resource, { ...last, metadata: { ...last.metadata } }, last, options);
  }

  /** Stores `next` in the place of `old`, with what of its metadata is not a writer's to say. */
  #replace<T extends KubeObject>(resource: string, old: T, next: T, options: WriteOptions = {}): T {
    const { uid, creationTimestamp, resourceVersion, generation, deletionTimestamp, deletionGracePeriodSeconds } =
      old.metadata;
    const metadata = { ...next.metadata, uid, creationTimestamp, resourceVersion };
    if (generation !== undefined) metadata.generation = generation;
    if (deletionTimestamp !== undefined) {
      metadata.deletionTimestamp = deletionTimestamp;
      metadata.deletionGracePeriodSeconds = deletionGracePeriodSeconds ?? 0;
    }
    const shared = shareWith({ ...next, metadata }, old);
    if (shared === old) return old;
    const draft = { ...shared, metadata: { ...shared.metadata } };
    if (generation !== undefined && !sameSpecification(resource, draft, old)) {
      draft.metadata.generation = generation + 1;
    }
    if (deletionTimestamp === undefined || !isReleased(resource, draft)) {
      return this.#commit("MODIFIED", resource, draft, old, options);
    }
    // The change that lets it go is never stored: what goes is what was stored before (registry/generic: deleteObj).
    return this.#remove(resource, old, options);
  }

  #commit<T extends KubeObject>(
    verb: Change["verb"],
    resource: string,
    draft: T,
    old: T | undefined,
    { dryRun = false }: WriteOptions,
  ): T {
    if (dryRun) return deepFreeze(draft);
    draft.metadata.resourceVersion = String(++this.#version);
    const object = deepFreeze(draft);
    let all = this.#objects.get(resource);
    if (all === undefined) this.#objects.set(resource, (all = new Map<string, KubeObject>()));
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    if (verb === "DELETED") all.delete(key);
    else all.set(key, object);
    const change: Change = { verb, resource, object, old, resourceVersion: this.#version };
    this.#history.push(change);
    if (this.#history.length >= this.#historyLength * 1.5) {
      this.#history.splice(0, this.#history.length - this.#historyLength);
    }
    for (const listener of [...this.#listeners]) listener(change);
    return object;
  }

  #require<T extends KubeObject>(resource: string, namespace: string | undefined, name: string): T {
    const object = this.get<T>(resource, namespace, name);
    if (object !== undefined) return object;
    throw this.#error(404, "NotFound", resource, name, "not found");
  }

  #conflict(resource: string, name: string): StatusError {
    const qualified = this.#qualify(resource);
    return new StatusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${qualified} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      detailsOf(qualified, name),
    );
  }

  #error(code: number, reason: string, resource: string, name: string, what: string): StatusError {
    const qualified = this.#qualify(resource);
    return new StatusError(code, reason, `${qualified} "${name}" ${what}`, detailsOf(qualified, name));
  }
}

/** `details` of a refusal; `qualified` is `kind` or `kind.group`. */
function detailsOf(qualified: string, name: string): Record<string, unknown> {
  const dot = qualified.indexOf(".");
  if (dot < 0) return { name, kind: qualified };
  return { name, group: qualified.slice(dot + 1), kind: qualified.slice(0, dot) };
}

function checkPreconditions(old: KubeObject, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const { name, ...have } = old.metadata;
  const slash = old.apiVersion.indexOf("/");
  const qualified = slash < 0 ? old.kind : `${old.kind}.${old.apiVersion.slice(0, slash)}`;
  const refuse = (text: string) =>
    new StatusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${qualified} "${name}": ${text}`,
      detailsOf(qualified, name),
    );
  if (uid !== undefined && uid !== have.uid) {
    throw refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${have.uid}). The object might have been deleted and then recreated`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== have.resourceVersion) {
    throw refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${have.resourceVersion}). The object might have been modified`,
    );
  }
}

/** Whether nothing holds an object marked for deletion: no finalizer, no grace period of a pod. */
function isReleased(resource: string, object: KubeObject): boolean {
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  // A namespace is held by its specification until it is empty.
  if (resource === "namespaces") return !(object as { spec?: { finalizers?: string[] } }).spec?.finalizers?.length;
  return resource !== "pods" || (object.metadata.deletionGracePeriodSeconds ?? 0) === 0;
}

/** Whether what counts for the generation is the same. */
function sameSpecification(resource: string, a: KubeObject, b: KubeObject): boolean {
  return same(specificationOf(resource, a), specificationOf(resource, b));
}

/** All but metadata and status; an instance has no status apart, and binding a pod to its node does not count. */
function specificationOf(resource: string, object: KubeObject): object {
  if (resource === "virtualmachineinstances") return { ...object, metadata: undefined };
  if (resource !== "pods") return { ...object, metadata: undefined, status: undefined };
  const { spec } = object as KubeObject & { spec?: object };
  return { ...spec, nodeName: undefined };
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

function secondsAfter(date: Date, seconds: number): string {
  return new Date(date.getTime() + seconds * 1000).toISOString().replace(/\.\d+Z$/, "Z");
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ""}/${name}`;
}
