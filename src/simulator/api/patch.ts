import jsonPatch from "fast-json-patch";
import type { Operation } from "fast-json-patch";
import type { KubeObject } from "../../kube/objects.ts";
import { copyOf } from "../frozen.ts";
import { StatusError } from "../status-error.ts";
import type { Served } from "./registry.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import { contentType, readObject } from "./request.ts";
import type { Query } from "./request.ts";
import { strategicMerge } from "./strategic-merge.ts";
import { badRequest } from "./wire.ts";

export const applyPatchType = "application/apply-patch+yaml";

const types = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

/** What the object is after the request's patch; 415 for a kind of patch that the resource does not take. */
export function patched(served: Served, query: Query, current: KubeObject): KubeObject {
  const type = contentType(query.headers) ?? "";
  switch (type) {
    case types.json:
      return afterOperations(query, current);
    case types.merge:
      return mergePatch(current, readObject(query, served.kind)) as KubeObject;
    case types.strategic:
      if (!served.custom) return strategicMerge(current, readObject(query, served.kind)) as KubeObject;
      break;
    case applyPatchType:
      return applied(served, query, current);
  }
  throw unsupported(served);
}

/** The object that an apply request creates where there is none. */
export function appliedAnew(served: Served, query: Query): KubeObject {
  return readObject(query, served.kind) as unknown as KubeObject;
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** RFC 6902. What cannot be applied is refused as the real server does, whose words say little. */
function afterOperations(query: Query, current: KubeObject): KubeObject {
  const operations = readOperations(query);
  try {
    const { newDocument } = jsonPatch.applyPatch(copyOf(current), operations, true, false);
    return newDocument;
  } catch {
    throw new StatusError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
}

function readOperations(query: Query): Operation[] {
  let value: unknown;
  try {
    value = JSON.parse(query.body ?? "");
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
  if (!Array.isArray(value)) {
    throw badRequest("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
  }
  return value as Operation[];
}

/**
 * Server-side apply without field ownership: what is named is set, nothing is taken away and no one is in
 * conflict. Lists of built-in kinds are merged by their keys.
 */
function applied(served: Served, query: Query, current: KubeObject): KubeObject {
  const wanted = readObject(query, served.kind);
  const merged = served.custom ? mergePatch(current, wanted) : strategicMerge(current, wanted);
  return merged as KubeObject;
}

function unsupported(served: Served): StatusError {
  const accepted = [types.json, types.merge, ...(served.custom ? [] : [types.strategic]), applyPatchType];
  return new StatusError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(", ")}`,
  );
}
