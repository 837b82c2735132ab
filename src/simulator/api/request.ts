import { parse as parseYaml } from "yaml";
import type { ApiRequest } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import { jsonError } from "./json-error.ts";
import { badRequest } from "./wire.ts";

/** A request taken apart: what of the URL and headers decides what is done. */
export interface Query {
  method: string;
  /** Path without the query, split; `["apis", "kubevirt.io", "v1", …]`. */
  segments: readonly string[];
  parameters: URLSearchParams;
  headers: Record<string, string>;
  body: string | undefined;
}

/** What is asked of a resource. */
export interface Target {
  group: string;
  version: string;
  namespace: string | undefined;
  plural: string;
  name: string | undefined;
  subresource: string | undefined;
}

/** Splits the URL, 400 where it is none; header names come out in lower case. */
export function readQuery({ method, path, headers, body }: ApiRequest): Query {
  const [url, segments] = split(path);
  return {
    method: method.toUpperCase(),
    segments,
    parameters: url.searchParams,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: body === "" ? undefined : body,
  };
}

function split(path: string): [URL, string[]] {
  try {
    const url = new URL(`http://cluster${path}`);
    return [url, url.pathname.split("/").filter(Boolean).map(decodeURIComponent)];
  } catch {
    throw badRequest(`parse ${JSON.stringify(path)}: invalid URI for request`);
  }
}

/** A whole number from the query, 0 without one; 400 for anything else. */
export function readNumber(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name) || "0";
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** Reads `/api/v1/…` and `/apis/<group>/<version>/…` beyond the version; undefined for any other path. */
export function readTarget(segments: readonly string[]): Target | undefined {
  const [root] = segments;
  const start = root === "api" ? 2 : root === "apis" ? 3 : Infinity;
  if (segments.length <= start) return undefined;
  const group = root === "api" ? "" : segments[1]!;
  const version = segments[start - 1]!;
  const rest = segments.slice(start);
  // `/namespaces/x` and its subresources speak of the namespace itself, anything longer of what is in it.
  const inNamespace = rest[0] === "namespaces" && rest.length > 2 && !(rest.length === 3 && isNamespacePart(rest[2]!));
  const namespace = inNamespace ? rest[1] : undefined;
  const [plural, name, ...subresource] = inNamespace ? rest.slice(2) : rest;
  return {
    group,
    version,
    namespace,
    plural: plural!,
    name,
    subresource: subresource.length > 0 ? subresource.join("/") : undefined,
  };
}

function isNamespacePart(segment: string): boolean {
  return segment === "status" || segment === "finalize";
}

/** How the answer shall look. */
export type View = "object" | "table" | "metadata";

/** The first form of the `Accept` header that the server has; 406 for none. */
export function readView(headers: Record<string, string>): View {
  const accept = headers["accept"] ?? "*/*";
  for (const range of accept.split(",")) {
    const [type, ...parameters] = range.split(";").map((part) => part.trim());
    if (type !== "application/json" && type !== "*/*" && type !== "application/*") continue;
    const as = parameters.find((parameter) => parameter.startsWith("as="))?.slice(3);
    if (as === undefined) return "object";
    if (as === "Table") return "table";
    if (as === "PartialObjectMetadata" || as === "PartialObjectMetadataList") return "metadata";
  }
  throw new StatusError(
    406,
    "NotAcceptable",
    "only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

/** The body as an object; JSON, or YAML where the content type says so. */
export function readObject(query: Query, kind: string): Record<string, unknown> {
  const type = contentType(query.headers) ?? "application/json";
  const text = query.body ?? "";
  const wrong = type.endsWith("yaml") ? undefined : jsonError(text);
  if (wrong !== undefined) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: ${wrong} (${text})`,
    );
  }
  const value = type.endsWith("yaml") ? readYaml(text) : (JSON.parse(text) as unknown);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${jsonTypeOf(value)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  return value as Record<string, unknown>;
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text, { logLevel: "error" });
  } catch (error) {
    throw badRequest(`error decoding YAML: ${(error as Error).message}`);
  }
}

/** The content type without its parameters. */
export function contentType(headers: Record<string, string>): string | undefined {
  return headers["content-type"]?.split(";")[0]?.trim();
}

/** Whether a query parameter is set to true, as `strconv.ParseBool` takes it. */
export function isTrue(parameters: URLSearchParams, name: string): boolean {
  return ["1", "t", "T", "true", "TRUE", "True"].includes(parameters.get(name) ?? "");
}

/** Whether the query asks for a dry run; 422 for anything but `All`. */
export function isDryRun(parameters: URLSearchParams): boolean {
  const values = parameters.getAll("dryRun").filter((value) => value !== "");
  if (values.some((value) => value !== "All")) {
    throw new StatusError(
      422,
      "Invalid",
      `invalid dry run: Unsupported value: "${values[0]}": supported values: "All"`,
    );
  }
  return values.length > 0;
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  return value === null ? "null" : typeof value;
}
