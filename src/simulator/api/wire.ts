import type { KubeObject } from "../../kube/objects.ts";
import type { ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import { fromStored } from "./conversion.ts";
import { groupVersion } from "./registry.ts";
import type { Served } from "./registry.ts";

/**
 * Objects as text. The store's objects are frozen, so each is serialised once, whoever asks for it; only
 * `kind` and `apiVersion` are put in front afresh, because lists of built-in kinds leave them out and a
 * resource may be served in several versions.
 */
const bodies = new WeakMap<KubeObject, string>();

/** The object's text, in the given `group/version`. */
export function objectText(object: KubeObject, apiVersion = object.apiVersion): string {
  const body = bodyOf(fromStored(apiVersion, object));
  return `{"kind":${JSON.stringify(object.kind)},"apiVersion":"${apiVersion}"${body === "{}" ? "}" : `,${body.slice(1)}`}`;
}

/** A list's text; built-in kinds' items carry no kind of their own. */
export function listText(
  served: Served,
  version: string,
  objects: readonly KubeObject[],
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number },
): string {
  const apiVersion = groupVersion(served.group, version);
  const items = objects.map((object) => (served.custom ? objectText(object, apiVersion) : bodyOf(object)));
  const meta = JSON.stringify(served.custom ? { continue: "", ...metadata } : metadata);
  return `{"kind":"${served.kind}List","apiVersion":"${apiVersion}","metadata":${meta},"items":[${items.join(",")}]}`;
}

/** A successful answer in JSON. */
export function answer(status: number, body: string | object, headers: Record<string, string> = {}): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** An answer in plain text. */
export function textAnswer(status: number, body: string): ApiResponse {
  return { status, headers: { "content-type": "text/plain; charset=utf-8" }, body };
}

/** What the server's router says to a path that leads nowhere. */
export function pageNotFound(): ApiResponse {
  return textAnswer(404, "404 page not found\n");
}

/** A refusal as a Status object. */
export function statusOf(error: StatusError): Record<string, unknown> {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message: error.message,
    ...(error.reason !== "" && { reason: error.reason }),
    ...(error.details !== undefined && { details: error.details }),
    code: error.code,
  };
}

/** A refusal with HTTP 422: one field is not as it should be. */
export function invalid(
  served: Pick<Served, "group" | "kind">,
  name: string,
  field: string,
  reason: "FieldValueInvalid" | "FieldValueRequired" | "FieldValueForbidden" | "FieldValueNotSupported",
  detail: string,
): StatusError {
  const qualified = served.group === "" ? served.kind : `${served.kind}.${served.group}`;
  return new StatusError(422, "Invalid", `${qualified} "${name}" is invalid: ${field}: ${detail}`, {
    name,
    ...(served.group !== "" && { group: served.group }),
    kind: served.kind,
    causes: [{ reason, message: detail, field }],
  });
}

/** A refusal with HTTP 400. */
export function badRequest(message: string): StatusError {
  return new StatusError(400, "BadRequest", message);
}

function bodyOf(object: KubeObject): string {
  let text = bodies.get(object);
  if (text === undefined) {
    const { apiVersion: _version, kind: _kind, ...body } = object;
    text = JSON.stringify(body);
    if (Object.isFrozen(object)) bodies.set(object, text);
  }
  return text;
}
