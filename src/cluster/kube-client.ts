import type { KubeObject, Manifest } from "../kube/objects.ts";
import type { Resource } from "../kube/resources.ts";

/** What the harness asks of an API server; built on @kubernetes/client-node over one transport. */
export interface KubeClient {
  /** The object, or null where there is none. */
  get<T extends KubeObject>(resource: Resource, name: string, namespace?: string): Promise<T | null>;
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<T[]>;
  /** The text at a path that holds no object: `/version`, or what a kubelet says of itself through the API server. */
  read(path: string): Promise<string>;
  /** Calls `line` with each line of the text at a path as it comes; resolves when the server ends it. */
  follow(path: string, line: (text: string) => void, signal: AbortSignal): Promise<void>;
  create<T extends KubeObject>(object: Manifest): Promise<T>;
  mergePatch<T extends KubeObject>(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    patch: object,
  ): Promise<T>;
  jsonPatch<T extends KubeObject>(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    patch: { op: string; path: string; value?: unknown }[],
  ): Promise<T>;
  /** Nothing happens where the object is gone already. */
  delete(
    resource: Resource,
    name: string,
    namespace?: string,
    options?: { gracePeriodSeconds?: number },
  ): Promise<void>;
  /** Asks the Eviction API for a pod's end; an `ApiError` with code 429 where something stands against it. */
  evict(namespace: string, pod: string): Promise<void>;
  /** PUT on a KubeVirt subresource, e.g. `("virtualmachines", "ns", "vm", "start")`. */
  subresource(plural: string, namespace: string, name: string, verb: string, body?: object): Promise<void>;
  /**
   * Lists, then watches for ever: survives closed and silent streams, 410 Gone and API restarts, compares
   * UIDs, and reports every gap through which a transition could have been missed.
   */
  watch(resource: Resource, handler: WatchHandler, options?: WatchOptions): Promise<Watch>;
}

/** A watch that goes on until it is disposed of. */
export interface Watch extends AsyncDisposable {
  /** Resolves when it has stopped; rejects, as disposing does, with what its handler threw. */
  readonly closed: Promise<void>;
}

export interface ListOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface WatchOptions extends ListOptions {
  signal?: AbortSignal;
}

export interface WatchHandler {
  /**
   * `LISTED` for what was there at the beginning. Where the watch had to catch up after its stream broke,
   * `blindSinceMs` says since when the change may have happened; nothing was missed by that.
   */
  seen(verb: "LISTED" | "ADDED" | "MODIFIED" | "DELETED", object: KubeObject, blindSinceMs?: number): void;
  /** Between these instants (milliseconds of the clock) a transition could have been missed. */
  lost(fromMs: number, toMs: number, reason: string): void;
}
