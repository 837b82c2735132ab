import type { KubeObject } from "../../kube/objects.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { toStored } from "./conversion.ts";
import { isFields } from "./fields.ts";
import { groupVersion } from "./registry.ts";
import type { Served } from "./registry.ts";
import type { Target } from "./request.ts";
import { badRequest, invalid } from "./wire.ts";

const label = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const subdomain = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const labelRule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${label}')`;
const subdomainRule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${subdomain}')`;
/** Kinds whose names are labels, without dots. */
const labelNamed = new Set(["namespaces", "services"]);

/**
 * Puts right what the URL decides: kind, version as stored, namespace.
 * 400 where the object contradicts the URL.
 */
export function fitted(served: Served, target: Target, sent: Record<string, unknown>): KubeObject {
  const { kind, apiVersion } = sent as { kind?: string; apiVersion?: string };
  const asked = groupVersion(served.group, target.version);
  if (!served.custom && kind !== undefined && kind !== served.kind) {
    throw badRequest(
      `${kind} in version "${target.version}" cannot be handled as a ${served.kind}: no kind "${kind}" is registered here`,
    );
  }
  if (apiVersion !== undefined && apiVersion !== asked) {
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${asked})`);
  }
  const { metadata: given } = sent;
  if (given !== undefined && !isFields(given)) {
    throw badRequest(
      `${served.kind} in version "${target.version}" cannot be handled as a ${served.kind}: json: cannot unmarshal ${Array.isArray(given) ? "array" : typeof given} into Go struct field ${served.kind}.metadata of type v1.ObjectMeta`,
    );
  }
  const metadata: Record<string, unknown> = { ...given };
  const { namespace } = metadata;
  if (namespace !== undefined && namespace !== "" && namespace !== target.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  delete metadata["namespace"];
  delete metadata["managedFields"];
  if (target.namespace !== undefined) metadata["namespace"] = target.namespace;
  return toStored(asked, {
    ...sent,
    apiVersion: groupVersion(served.group, served.version),
    kind: served.kind,
    metadata: metadata as unknown as KubeObject["metadata"],
  });
}

/** Refuses a new object in a namespace that is not there (404) or is going away (403). */
export function checkNamespace(world: World, served: Served, target: Target, name: string): void {
  const { namespace } = target;
  if (namespace === undefined) return;
  const found = world.store.get("namespaces", undefined, namespace);
  if (found === undefined) {
    throw new StatusError(404, "NotFound", `namespaces "${namespace}" not found`, {
      name: namespace,
      kind: "namespaces",
    });
  }
  if (found.metadata.deletionTimestamp === undefined) return;
  const message = `namespace ${namespace} is being terminated`;
  const qualified = served.group === "" ? served.plural : `${served.plural}.${served.group}`;
  throw new StatusError(
    403,
    "Forbidden",
    `${qualified} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      name,
      ...(served.group !== "" && { group: served.group }),
      kind: served.plural,
      causes: [{ reason: "NamespaceTerminating", message, field: "metadata.namespace" }],
    },
  );
}

/** Refuses a new object without a name, or with a bad one (422). */
export function checkName(served: Served, { metadata }: KubeObject): void {
  const { name, generateName } = metadata as Partial<KubeObject["metadata"]>;
  if (!name && !generateName) {
    throw invalid(
      served,
      "",
      "metadata.name",
      "FieldValueRequired",
      "Required value: name or generateName is required",
    );
  }
  if (!name) return;
  const labelOnly = labelNamed.has(served.plural);
  const pattern = new RegExp(`^${labelOnly ? label : subdomain}$`);
  const limit = labelOnly ? 63 : 253;
  if (name.length > limit) {
    throw invalid(
      served,
      name,
      "metadata.name",
      "FieldValueInvalid",
      `Invalid value: "${name}": must be no more than ${limit} bytes`,
    );
  }
  if (pattern.test(name)) return;
  throw invalid(
    served,
    name,
    "metadata.name",
    "FieldValueInvalid",
    `Invalid value: "${name}": ${labelOnly ? labelRule : subdomainRule}`,
  );
}
