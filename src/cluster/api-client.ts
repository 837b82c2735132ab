import type { Configuration, HttpMethod } from "@kubernetes/client-node";
import type { Clock } from "../clock/clock.ts";
import type { KubeObject, Manifest } from "../kube/objects.ts";
import { pathOf, pods, type Resource } from "../kube/resources.ts";
import { startListWatch } from "../observe/list-watch.ts";
import { ApiError, isNotFound } from "./api-error.ts";
import { discover } from "./discovery.ts";
import { httpLibrary } from "./http-library.ts";
import type { KubeClient, ListOptions, Watch, WatchHandler, WatchOptions } from "./kube-client.ts";
import { listPages } from "./list-pages.ts";
import type { Transport } from "./transport.ts";

/** Longest time for one request and its answer, in milliseconds; the API server's own limit is 60 s. */
const requestDeadlineMs = 30_000;

/** What real API servers require to be said with each request: KubeVirt's subresources answer nothing else. */
const accept = "application/json, */*";

interface Call {
  method: HttpMethod;
  path: string;
  body?: unknown;
  contentType?: string;
}

/** Makes the client; the import of client-node, up to a second, is paid here and not at start-up. */
export async function createKubeClient(transport: Transport, clock: Clock): Promise<KubeClient> {
  const client = await import("@kubernetes/client-node");
  const configuration = client.createConfiguration({
    baseServer: new client.ServerConfiguration("http://api-server", {}),
    httpApi: httpLibrary(client, transport, clock, requestDeadlineMs),
  });
  return new ApiClient(configuration, transport, clock);
}

/**
 * Objects as the wire has them: client-node's typed APIs would turn time stamps into `Date`s, drop fields they do
 * not know and send every patch as a JSON patch, so only its requests and its configuration are used.
 */
class ApiClient implements KubeClient {
  readonly #configuration: Configuration;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #resources = new Map<string, Promise<Resource>>();

  constructor(configuration: Configuration, transport: Transport, clock: Clock) {
    this.#configuration = configuration;
    this.#transport = transport;
    this.#clock = clock;
  }

  async get<T extends KubeObject>(resource: Resource, name: string, namespace?: string): Promise<T | null> {
    return this.#call<T>({ method: "GET", path: pathOf(resource, namespace, name) }).catch(nullIfNotFound);
  }

  async list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<T[]> {
    const { items } = await listPages((path) => this.#call({ method: "GET", path }), resource, options);
    return items as T[];
  }

  read(path: string): Promise<string> {
    return this.#answer({ method: "GET", path });
  }

  async follow(path: string, line: (text: string) => void, signal: AbortSignal): Promise<void> {
    const response = await this.#transport.send({ method: "GET", path, headers: { Accept: "*/*" }, signal });
    if (response.status >= 300) throw ApiError.fromBody(response.status, await response.text());
    await response.lines(line);
  }

  async create<T extends KubeObject>(object: Manifest): Promise<T> {
    const resource = await this.#resourceOf(object.apiVersion, object.kind);
    const path = pathOf(resource, object.metadata?.namespace ?? "default");
    return this.#call({ method: "POST", path, body: object });
  }

  mergePatch<T extends KubeObject>(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    patch: object,
  ): Promise<T> {
    return this.#patch(resource, name, namespace, patch, "application/merge-patch+json");
  }

  jsonPatch<T extends KubeObject>(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    patch: { op: string; path: string; value?: unknown }[],
  ): Promise<T> {
    return this.#patch(resource, name, namespace, patch, "application/json-patch+json");
  }

  async delete(
    resource: Resource,
    name: string,
    namespace?: string,
    options: { gracePeriodSeconds?: number } = {},
  ): Promise<void> {
    const query =
      options.gracePeriodSeconds === undefined ? "" : `?gracePeriodSeconds=${String(options.gracePeriodSeconds)}`;
    await this.#call({ method: "DELETE", path: pathOf(resource, namespace, name) + query }).catch(nullIfNotFound);
  }

  async evict(namespace: string, name: string): Promise<void> {
    const body = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } };
    await this.#call({ method: "POST", path: `${pathOf(pods, namespace, name)}/eviction`, body }).catch(nullIfNotFound);
  }

  async subresource(plural: string, namespace: string, name: string, verb: string, body?: object): Promise<void> {
    const path = [
      "/apis/subresources.kubevirt.io/v1/namespaces",
      namespace,
      plural,
      encodeURIComponent(name),
      verb,
    ].join("/");
    await this.#call({ method: "PUT", path, ...(body !== undefined && { body }) });
  }

  watch(resource: Resource, handler: WatchHandler, options: WatchOptions = {}): Promise<Watch> {
    return startListWatch({
      clock: this.#clock,
      list: () => listPages((path) => this.#call({ method: "GET", path }), resource, options),
      send: (path, signal) => this.#transport.send({ method: "GET", path, headers: { Accept: accept }, signal }),
      resource,
      selection: options,
      handler,
      ...(options.signal !== undefined && { signal: options.signal }),
    });
  }

  #patch<T>(
    resource: Resource,
    name: string,
    namespace: string | undefined,
    body: unknown,
    contentType: string,
  ): Promise<T> {
    return this.#call({ method: "PATCH", path: pathOf(resource, namespace, name), body, contentType });
  }

  #resourceOf(apiVersion: string, kind: string): Promise<Resource> {
    const key = `${apiVersion} ${kind}`;
    const known = this.#resources.get(key);
    if (known !== undefined) return known;
    const found = discover((path) => this.#call({ method: "GET", path }), apiVersion, kind);
    this.#resources.set(key, found);
    // What is not there now may be installed later.
    found.catch(() => this.#resources.delete(key));
    return found;
  }

  async #call<T>(call: Call): Promise<T> {
    const text = await this.#answer(call);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  async #answer({ method, path, body, contentType = "application/json" }: Call): Promise<string> {
    const context = this.#configuration.baseServer.makeRequestContext(path, method);
    context.setHeaderParam("Accept", accept);
    if (body !== undefined) {
      context.setHeaderParam("Content-Type", contentType);
      context.setBody(JSON.stringify(body));
    }
    const response = await this.#configuration.httpApi.send(context).toPromise();
    const text = await response.body.text();
    if (response.httpStatusCode >= 300) throw ApiError.fromBody(response.httpStatusCode, text);
    return text;
  }
}

function nullIfNotFound(error: unknown): null {
  if (isNotFound(error)) return null;
  throw error;
}
