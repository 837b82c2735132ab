import type { KubeObject } from "../../kube/objects.ts";
import type { ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { Store } from "../store.ts";
import type { World } from "../world.ts";
import { withoutNulls } from "./decoding.ts";
import { jsonError } from "./json-error.ts";
import { groupVersion, qualify } from "./registry.ts";
import type { Served } from "./registry.ts";
import { readNumber, readView } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { readSelection } from "./selection.ts";
import { metadataListText, metadataText, tableText } from "./table.ts";
import type { Included } from "./table.ts";
import { answer, badRequest, listText, objectText } from "./wire.ts";

/** The object of that name; 404 where there is none. */
export function find(store: Store, served: Served, { namespace, name = "" }: Target): KubeObject {
  const object = store.get(served.plural, namespace, name);
  if (object !== undefined) return object;
  throw new StatusError(404, "NotFound", `${qualify(served.plural)} "${name}" not found`, {
    name,
    ...(served.group !== "" && { group: served.group }),
    kind: served.plural,
  });
}

/** GET of one object. */
export function getObject(world: World, served: Served, target: Target, query: Query): ApiResponse {
  return objectAnswer(world, served, target, query, 200, find(world.store, served, target));
}

/** An object in the form that the client asked for. */
export function objectAnswer(
  world: World,
  served: Served,
  target: Target,
  query: Query,
  status: number,
  object: KubeObject,
  headers: Record<string, string> = {},
): ApiResponse {
  const view = readView(query.headers);
  if (view === "table") {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    return answer(status, tableText(served, [object], metadata, world.clock.wall(), readIncluded(query)), headers);
  }
  if (view === "metadata") return answer(status, metadataText(object), headers);
  return answer(status, objectText(object, groupVersion(served.group, target.version)), headers);
}

/** GET of a collection: all of it, or a page. */
export function listObjects(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const { store } = world;
  const selects = readSelection(served, target.namespace, query.parameters);
  const page = readPage(query.parameters);
  const at = page.resourceVersion ?? exactVersion(store, query.parameters) ?? store.resourceVersion;
  const all = at === store.resourceVersion ? store.list(served.plural) : store.listAt(served.plural, at);
  if (all === undefined) throw expired(at, page.resourceVersion !== undefined);
  const within = target.namespace;
  const rest = all.filter((object) => selects(object) && keyOf(object, within) > page.after).sort(byKey);
  const objects = page.limit > 0 ? rest.slice(0, page.limit) : rest;
  const metadata = {
    resourceVersion: String(at),
    ...(objects.length < rest.length && {
      continue: continueToken(at, keyOf(objects.at(-1)!, within)),
      remainingItemCount: rest.length - objects.length,
    }),
  };
  switch (readView(query.headers)) {
    case "table":
      return answer(200, tableText(served, objects, metadata, world.clock.wall(), readIncluded(query)));
    case "metadata":
      return answer(200, metadataListText(objects, metadata));
    case "object":
      return answer(200, listText(served, target.version, objects, metadata));
  }
}

/** What of the objects a table carries. */
export function readIncluded({ parameters }: Query): Included {
  const included = parameters.get("includeObject") ?? "Metadata";
  if (included === "None" || included === "Metadata" || included === "Object") return included;
  throw badRequest(`unrecognized includeObject value: "${included}"`);
}

/** A `resourceVersion` from a query; undefined where there is none. */
export function readVersion(parameters: URLSearchParams): number | undefined {
  const text = parameters.get("resourceVersion");
  if (text === null || text === "") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new StatusError(
    500,
    "",
    `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`,
  );
}

/** Order in which lists come: by namespace and name. */
export function byKey(a: KubeObject, b: KubeObject): number {
  const left = keyOf(a);
  const right = keyOf(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The version a list must show exactly; undefined where the newest will do. */
function exactVersion(store: Store, parameters: URLSearchParams): number | undefined {
  const version = readVersion(parameters);
  if (version === undefined || version === 0) return undefined;
  if (version > store.resourceVersion) {
    throw new StatusError(504, "Timeout", `Too large resource version: ${version}, current: ${store.resourceVersion}`, {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    });
  }
  return parameters.get("resourceVersionMatch") === "Exact" ? version : undefined;
}

interface Page {
  limit: number;
  after: string;
  resourceVersion: number | undefined;
}

const tokenVersion = "meta.k8s.io/v1";

function readPage(parameters: URLSearchParams): Page {
  const limit = readNumber(parameters, "limit");
  const token = parameters.get("continue");
  if (!token) return { limit, after: "", resourceVersion: undefined };
  const text = Buffer.from(token, "base64url").toString("latin1");
  const wrong = jsonError(text);
  if (wrong !== undefined) throw badRequest(`invalid continue token: continue key is not valid: ${wrong}`);
  const { v, rv, start } = withoutNulls(JSON.parse(text) ?? {}) as { v?: unknown; rv?: unknown; start?: unknown };
  if (v !== tokenVersion || typeof rv !== "number" || typeof start !== "string") {
    const found = typeof v === "string" ? v : "";
    throw badRequest(
      `invalid continue token: continue key is not valid: server does not recognize this encoded version "${found}"`,
    );
  }
  return { limit, after: start.replace(/^\/|\u0000$/g, ""), resourceVersion: rv };
}

function continueToken(resourceVersion: number, last: string): string {
  const token = { v: tokenVersion, rv: resourceVersion, start: `/${last}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Where an object stands in a list, within a namespace by its name alone. */
function keyOf({ metadata }: KubeObject, within?: string): string {
  return within === undefined ? `${metadata.namespace ?? ""}/${metadata.name}` : metadata.name;
}

function expired(resourceVersion: number, paging: boolean): StatusError {
  return new StatusError(
    410,
    "Expired",
    paging
      ? "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter."
      : `The resourceVersion for the provided list is too old: ${resourceVersion}`,
  );
}
