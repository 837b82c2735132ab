import type { KubeObject } from "../../kube/objects.ts";
import type { ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { admit } from "./admission/admit.ts";
import { fromStored } from "./conversion.ts";
import { checkReadable, withoutNulls } from "./decoding.ts";
import { checkName, checkNamespace, fitted } from "./metadata.ts";
import { applyPatchType, appliedAnew, patched } from "./patch.ts";
import { withoutEmpties } from "./omitted.ts";
import { find, objectAnswer } from "./read.ts";
import { groupVersion } from "./registry.ts";
import type { Served } from "./registry.ts";
import { contentType, isDryRun, readObject } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { checkFields } from "./schema.ts";
import { badRequest, invalid } from "./wire.ts";

/** POST to a collection. */
export function createObject(world: World, served: Served, target: Target, query: Query): ApiResponse {
  return createFrom(world, served, target, query, readObject(query, served.kind));
}

/** PUT of an object, or of its status. */
export function replaceObject(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const current = find(world.store, served, target);
  const { object, warnings } = read(served, target, query, readObject(query, served.kind));
  checkSameName(object, target);
  if (served.custom && !object.metadata.resourceVersion) {
    throw invalid(
      served,
      current.metadata.name,
      "metadata.resourceVersion",
      "FieldValueInvalid",
      "Invalid value: 0: must be specified for an update",
    );
  }
  return storeUpdate(world, served, target, query, current, object, warnings);
}

/** PATCH of an object, or of its status; an apply patch creates what is not there. */
export function patchObject(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const { store } = world;
  const isApply = contentType(query.headers) === applyPatchType;
  const said = isApply ? [withoutOwnership] : [];
  if (isApply && !query.parameters.get("fieldManager")) {
    throw new StatusError(
      422,
      "Invalid",
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
      {
        group: "meta.k8s.io",
        kind: "PatchOptions",
        causes: [
          {
            reason: "FieldValueRequired",
            message: "Required value: is required for apply patch",
            field: "fieldManager",
          },
        ],
      },
    );
  }
  if (isApply && target.subresource === undefined && !store.get(served.plural, target.namespace, target.name!)) {
    const wanted = appliedAnew(served, query) as KubeObject & Record<string, unknown>;
    const metadata = { ...(wanted.metadata as object | undefined), name: target.name! };
    return createFrom(world, served, target, query, { ...wanted, metadata }, said);
  }
  const current = find(store, served, target);
  const { object, warnings } = read(served, target, query, {
    ...(patched(served, query, fromStored(groupVersion(served.group, target.version), current)) as object),
    apiVersion: undefined,
  });
  checkSameName(object, target);
  return storeUpdate(world, served, target, query, current, object, [...said, ...warnings]);
}

/** Told to whoever applies on the server's side. */
const withoutOwnership =
  "the simulated cluster keeps no field ownership: apply creates what is not there, else merges, and conflicts with nobody";

function createFrom(
  world: World,
  served: Served,
  target: Target,
  query: Query,
  sent: Record<string, unknown>,
  said: readonly string[] = [],
): ApiResponse {
  const { object, warnings } = read(served, target, query, sent);
  warnings.unshift(...said);
  const { name = "" } = object.metadata as { name?: string };
  checkNamespace(world, served, target, name);
  if (object.metadata.resourceVersion) throw badRequest("resourceVersion should not be set on objects to be created");
  const fresh = served.subresources.some((subresource) => subresource.name === "status")
    ? withoutStatus(served, object)
    : object;
  const admitted = admit(world, served.plural, fresh, { by: "user", warnings });
  checkName(served, admitted);
  const stored = world.store.create(served.plural, admitted, { dryRun: isDryRun(query.parameters) });
  return objectAnswer(world, served, target, query, 201, stored, warningHeader(warnings));
}

function storeUpdate(
  world: World,
  served: Served,
  target: Target,
  query: Query,
  current: KubeObject,
  wanted: KubeObject,
  warnings: string[],
): ApiResponse {
  const merged = ofSubresource(served, target, current, wanted);
  const { uid } = merged.metadata;
  if (uid && uid !== current.metadata.uid) {
    throw new StatusError(
      409,
      "Conflict",
      `Operation cannot be fulfilled on ${served.plural}${served.group && `.${served.group}`} "${current.metadata.name}": Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.metadata.uid}`,
      { name: current.metadata.name, ...(served.group !== "" && { group: served.group }), kind: served.plural },
    );
  }
  const admitted = admit(world, served.plural, merged, {
    by: "user",
    old: current,
    subresource: target.subresource,
    warnings,
  });
  const stored = world.store.update(served.plural, admitted, { dryRun: isDryRun(query.parameters) });
  return objectAnswer(world, served, target, query, 200, stored, warningHeader(warnings));
}

/** What may be written through this path: the status through `status` alone, all else not through it. */
function ofSubresource(served: Served, target: Target, current: KubeObject, wanted: KubeObject): KubeObject {
  if (!served.subresources.some(({ name }) => name === "status")) return wanted;
  const { status: present } = current as { status?: unknown };
  const { status: sent } = wanted as { status?: unknown };
  if (target.subresource === undefined) return { ...wanted, status: present } as KubeObject;
  const { resourceVersion, uid } = wanted.metadata;
  const metadata = served.custom ? { ...current.metadata, resourceVersion, uid } : wanted.metadata;
  return { ...current, metadata, status: sent } as KubeObject;
}

function withoutStatus(served: Served, object: KubeObject): KubeObject {
  // Built-in kinds begin with a status of their own, which admission or a controller fills in.
  const { status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const beginning = { spec: {}, ...rest, ...initial[served.plural] };
  return served.custom ? rest : beginning;
}

/** What the strategies of built-in kinds put into a new object. */
const initial: Record<string, object | undefined> = {
  namespaces: { spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } },
  nodes: { status: {} },
  pods: { status: { phase: "Pending" } },
  persistentvolumeclaims: { status: { phase: "Pending" } },
  volumeattachments: { status: { attached: false } },
};

function read(
  served: Served,
  target: Target,
  query: Query,
  sent: Record<string, unknown>,
): { object: KubeObject; warnings: string[] } {
  const object = withoutEmpties(fitted(served, target, withoutNulls(sent)));
  checkReadable(served, object);
  const warnings: string[] = [];
  if (served.custom && target.version !== served.version) {
    warnings.push(`${served.group}/${target.version} is now deprecated and will be removed in a future release.`);
  }
  return { object: checkFields(served, object, query.parameters.get("fieldValidation") ?? "Warn", warnings), warnings };
}

function checkSameName({ metadata }: KubeObject, { name }: Target): void {
  if (metadata.name === name) return;
  throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`);
}

function warningHeader(warnings: readonly string[]): Record<string, string> {
  if (warnings.length === 0) return {};
  return { warning: warnings.map((text) => `299 - ${JSON.stringify(text)}`).join(", ") };
}
