import { createHash } from "node:crypto";
import { versions } from "../settings.ts";
import type { ApiResponse } from "../simulation.ts";
import { groupVersion } from "./registry.ts";
import type { Served } from "./registry.ts";
import { commonSchema, schemaOf } from "./schema.ts";
import type { Schema } from "./schema.ts";
import { answer } from "./wire.ts";

/**
 * Answers the OpenAPI v3 documents: an index, and one document for each group and version that is served. They hold
 * what clients look up in them: which kinds there are and what their fields are for, and which parameters a
 * request takes. Undefined for any other path.
 */
export function answerOpenApi(kinds: readonly Served[], segments: readonly string[]): ApiResponse | undefined {
  const [, version, ...place] = segments;
  if (version !== "v3") return undefined;
  const places = Map.groupBy(
    kinds.flatMap((served) => served.versions.map((one) => [placeOf(served.group, one), one, served] as const)),
    ([name]) => name,
  );
  const documentAt = (name: string): string | undefined => {
    const found = places.get(name);
    return (
      found &&
      documentOf(
        name,
        found[0]![1],
        found.map(([, , served]) => served),
      )
    );
  };
  if (place.length > 0) {
    const text = documentAt(place.join("/"));
    return text === undefined ? undefined : answer(200, text);
  }
  const paths = [...places.keys()].sort().map((name) => {
    const hash = createHash("sha512").update(documentAt(name)!).digest("hex").toUpperCase();
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }];
  });
  // The real server calls its index text.
  return answer(200, { paths: Object.fromEntries(paths) as object }, { "content-type": "text/plain; charset=utf-8" });
}

function placeOf(group: string, version: string): string {
  return group === "" ? `api/${version}` : `apis/${groupVersion(group, version)}`;
}

const documents = new Map<string, string>();

/** The document of one group and version; written once, since each is served whole or not at all. */
function documentOf(place: string, version: string, kinds: readonly Served[]): string {
  let text = documents.get(place);
  if (text === undefined) documents.set(place, (text = JSON.stringify(documentFor(kinds, version))));
  return text;
}

function documentFor(kinds: readonly Served[], version: string): object {
  const { group } = kinds[0]!;
  const paths: Record<string, object> = {};
  const schemas: Record<string, object> = {};
  for (const served of kinds) {
    const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const collection = `${root}${served.namespaced ? "/namespaces/{namespace}" : ""}/${served.plural}`;
    Object.assign(paths, pathsOf(served, version, collection));
    addKind(schemas, served, version);
  }
  return {
    openapi: "3.0.0",
    info: { title: "Kubernetes", version: versions.kubernetes },
    paths,
    components: { schemas },
  };
}

function pathsOf(served: Served, version: string, collection: string): Record<string, object> {
  const { group, kind } = served;
  const operation = (action: string, ...parameters: string[]) => ({
    parameters: parameters.map((name) => ({ name, in: "query", schema: { type: "string", uniqueItems: true } })),
    responses: { 200: { description: "OK" } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  });
  const writing = ["dryRun", "fieldManager", "fieldValidation"];
  return {
    [collection]: {
      get: operation("list", "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "watch"),
      post: operation("post", ...writing),
      delete: operation("deletecollection", "dryRun", "fieldSelector", "labelSelector"),
    },
    [`${collection}/{name}`]: {
      get: operation("get"),
      put: operation("put", ...writing),
      patch: operation("patch", ...writing, "force"),
      delete: operation("delete", "dryRun", "gracePeriodSeconds", "propagationPolicy"),
    },
  };
}

function addKind(schemas: Record<string, object>, served: Served, version: string): void {
  const { group, kind, plural } = served;
  const known = schemaOf(plural);
  if (known !== undefined) addType(schemas, known.schema, known.type);
  addType(schemas, commonSchema, "ObjectMeta");
  const own = (schemas[known?.type ?? kind] ?? { type: "object", "x-kubernetes-preserve-unknown-fields": true }) as {
    properties?: Record<string, object>;
  };
  schemas[known?.type ?? kind] = {
    ...own,
    properties: { ...own.properties, metadata: { allOf: [referenceTo("ObjectMeta")] } },
    "x-kubernetes-group-version-kind": [{ group, version, kind }],
  };
}

/** The type and all that it is made of. */
function addType(schemas: Record<string, object>, schema: Schema, type: string): void {
  const members = schema.types[type];
  if (members === undefined || type in schemas) return;
  const properties: Record<string, object> = {};
  // Named before its members are, for types that contain themselves.
  schemas[type] = {
    ...described(schema, type),
    type: "object",
    ...(Object.keys(members).some(isRequired) && { required: Object.keys(members).filter(isRequired).map(nameOf) }),
    properties,
  };
  for (const [key, member] of Object.entries(members)) {
    addType(schemas, schema, member.replace(/^(\[\]|\{\})+/, ""));
    properties[nameOf(key)] = { ...described(schema, `${type}.${nameOf(key)}`), ...typeSchema(schema, member) };
  }
}

function described({ descriptions }: Schema, key: string): object {
  const description = descriptions[key];
  return description === undefined ? {} : { description };
}

function typeSchema(schema: Schema, type: string): object {
  if (type.startsWith("[]")) return { type: "array", items: typeSchema(schema, type.slice(2)) };
  if (type.startsWith("{}")) return { type: "object", additionalProperties: typeSchema(schema, type.slice(2)) };
  if (type in schema.types) return { allOf: [referenceTo(type)] };
  if (type === "quantity") return { "x-kubernetes-int-or-string": true };
  return type === "any" ? { type: "object", "x-kubernetes-preserve-unknown-fields": true } : { type };
}

function referenceTo(type: string): object {
  return { $ref: `#/components/schemas/${type}` };
}

const isRequired = (key: string): boolean => key.endsWith("!");
const nameOf = (key: string): string => key.replace("!", "");
