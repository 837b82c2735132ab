import type { ApiRequest, ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { answerReview } from "./access-review.ts";
import { discover, version } from "./discovery.ts";
import { evict } from "./eviction.ts";
import { answerLog } from "./log.ts";
import { answerOpenApi } from "./openapi.ts";
import { find, getObject, listObjects } from "./read.ts";
import { servedAt, servedOn } from "./registry.ts";
import type { Served } from "./registry.ts";
import { deleteCollection, deleteObject } from "./remove.ts";
import { isTrue, readQuery, readTarget } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { answerScale } from "./scale.ts";
import { noVirtHandlers } from "./subresources/instance.ts";
import type { VirtHandlers } from "./subresources/instance.ts";
import { subresourceGroup } from "./subresources/names.ts";
import { answerSubresource } from "./subresources/subresources.ts";
import { WatchHub } from "./watch.ts";
import { answer, pageNotFound, statusOf, textAnswer } from "./wire.ts";
import { createObject, patchObject, replaceObject } from "./write.ts";

/** Nothing listens where the API server should: what a client's socket would say. */
class ConnectionRefused extends Error {
  override name = "ConnectionRefused";
  readonly code = "ECONNREFUSED";
}

/**
 * The API server of the simulated cluster: REST over everything in the registry. The same handler answers
 * in-process and over HTTP. It is deterministic: an answer depends on the world and the request alone.
 */
export class ApiServer {
  readonly #world: World;
  readonly #virtHandlers: VirtHandlers;
  readonly #watches: WatchHub;
  readonly #kinds: readonly Served[];

  /** @param virtHandlers who pauses and resets instances on their nodes for KubeVirt's subresources. */
  constructor(world: World, virtHandlers: VirtHandlers = noVirtHandlers) {
    this.#world = world;
    this.#virtHandlers = virtHandlers;
    this.#watches = new WatchHub(world);
    this.#kinds = servedOn(world.settings);
  }

  /** How many watches are open. */
  get openWatches(): number {
    return this.#watches.size;
  }

  /** Answers a request; rejects with the code ECONNREFUSED while the API server is down. */
  async handle(request: ApiRequest): Promise<ApiResponse> {
    if (!this.#world.up("kube-apiserver")) throw new ConnectionRefused("connect ECONNREFUSED");
    try {
      return await this.#route(readQuery(request));
    } catch (error) {
      if (error instanceof StatusError) return answer(error.code, statusOf(error));
      throw error;
    }
  }

  async #route(query: Query): Promise<ApiResponse> {
    const { segments, method } = query;
    const target = readTarget(segments);
    if (target === undefined) return this.#answerRoot(query);
    if (target.group === "authorization.k8s.io" && target.version === "v1") {
      return answerReview(target.plural, query) ?? pageNotFound();
    }
    if (target.group === subresourceGroup && ["v1", "v1alpha3"].includes(target.version)) {
      return answerSubresource(this.#world, this.#virtHandlers, target, query);
    }
    const served = servedAt(target.group, target.version, target.plural);
    if (served === undefined || !this.#kinds.includes(served)) return pageNotFound();
    // What lives in a namespace is named there only; without one it can be listed and watched across all.
    if (!served.namespaced && target.namespace !== undefined) return pageNotFound();
    if (served.namespaced && target.namespace === undefined && (target.name !== undefined || method !== "GET")) {
      return pageNotFound();
    }
    if (target.subresource !== undefined) return this.#answerSubresource(served, target, query);
    return target.name === undefined
      ? this.#answerCollection(served, target, query)
      : this.#answerObject(served, target, query);
  }

  #answerRoot({ segments, method, headers }: Query): ApiResponse {
    if (method !== "GET") return pageNotFound();
    const [first] = segments;
    if (first === "version") return answer(200, version);
    if (first === "healthz" || first === "livez" || first === "readyz") return textAnswer(200, "ok");
    if (first === "openapi") return answerOpenApi(this.#kinds, segments) ?? pageNotFound();
    return discover(this.#kinds, segments, headers["accept"] ?? "") ?? pageNotFound();
  }

  #answerCollection(served: Served, target: Target, query: Query): ApiResponse {
    const world = this.#world;
    switch (query.method) {
      case "GET":
        if (isTrue(query.parameters, "watch")) return this.#watches.open(served, target, query);
        return listObjects(world, served, target, query);
      case "POST":
        return createObject(world, served, target, query);
      case "DELETE":
        return deleteCollection(world, served, target, query);
      default:
        throw methodNotAllowed();
    }
  }

  #answerObject(served: Served, target: Target, query: Query): ApiResponse {
    const world = this.#world;
    switch (query.method) {
      case "GET":
        return getObject(world, served, target, query);
      case "PUT":
        return replaceObject(world, served, target, query);
      case "PATCH":
        return patchObject(world, served, target, query);
      case "DELETE":
        return deleteObject(world, served, target, query);
      default:
        throw methodNotAllowed();
    }
  }

  #answerSubresource(served: Served, target: Target, query: Query): ApiResponse {
    if (!served.subresources.some(({ name }) => name === target.subresource)) return pageNotFound();
    switch (target.subresource) {
      case "status":
        if (query.method === "GET" || query.method === "PUT" || query.method === "PATCH") {
          return this.#answerObject(served, target, query);
        }
        throw methodNotAllowed();
      case "scale":
        return answerScale(this.#world, served, target, query);
      case "eviction":
        if (query.method === "POST") return evict(this.#world, served, target, query);
        throw methodNotAllowed();
      case "log":
        if (query.method === "GET") return answerLog(this.#world, served, target, query);
        throw methodNotAllowed();
      case "attach":
      case "exec":
      case "portforward":
        find(this.#world.store, served, target);
        throw new StatusError(
          501,
          "NotImplemented",
          `the simulated cluster has no ${target.subresource}: its containers are models, with no process or port behind them`,
        );
      default:
        return pageNotFound();
    }
  }
}

function methodNotAllowed(): StatusError {
  return new StatusError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}
