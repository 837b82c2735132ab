import type { KubeObject } from "../../kube/objects.ts";
import { parseQuantity, quantityRule } from "../../kube/quantity.ts";
import { StatusError } from "../status-error.ts";
import { isFields } from "./fields.ts";
import type { Served } from "./registry.ts";
import { commonSchema, expectation, memberOf, schemaOf } from "./schema.ts";
import type { Schema } from "./schema.ts";
import { badRequest } from "./wire.ts";

/** A JSON value as Go reads it: members that are null are not set, but for times, which are written so. */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map((element: unknown) => withoutNulls(element)) as T;
  if (!isFields(value)) return value;
  const set = Object.entries(value).filter(
    // An object's prototype is nothing that a client may set.
    ([name, member]) => (member !== null || /Time$/.test(name)) && name !== "__proto__",
  );
  return Object.fromEntries(set.map(([name, member]) => [name, withoutNulls(member)])) as T;
}

/**
 * Refuses what cannot be read into the resource's kind: with 400 a member of another type than the kind's, with 422
 * a built-in kind that lacks what it cannot be without. Custom resources are held against their own definitions
 * after this, so of them only the metadata is read here, and that their parts are objects.
 */
export function checkReadable(served: Served, object: KubeObject): void {
  const known = served.custom ? undefined : schemaOf(served.plural);
  const wrong =
    firstMismatch(commonSchema, object.metadata, "ObjectMeta", "metadata") ??
    (known && firstMismatch(known.schema, object, known.type, ""));
  if (wrong?.expected === "quantity") {
    throw badRequest(
      `${served.kind} in version "${served.version}" cannot be handled as a ${served.kind}: ${quantityRule}`,
    );
  }
  if (wrong !== undefined) {
    throw badRequest(
      `${served.kind} in version "${served.version}" cannot be handled as a ${served.kind}: json: cannot unmarshal ${wrong.found} into Go struct field ${wrong.path === "" ? "" : `${served.kind}.`}${wrong.path} of type ${wrong.expected}`,
    );
  }
  if (served.custom) checkDefinition(served, object);
  else if (known !== undefined) checkRequired(served, known.schema, known.type, object);
}

interface Mismatch {
  path: string;
  found: string;
  expected: string;
}

function firstMismatch(schema: Schema, value: unknown, type: string, path: string): Mismatch | undefined {
  if (value === undefined || type === "any") return undefined;
  if (value === null) return /Time$/.test(path) ? undefined : { path, found: "null", expected: goName(type) };
  if (type === "quantity" && unreadableQuantity(value)) return { path, found: "quantity", expected: "quantity" };
  if (!expectation(type, value)[1]) {
    return { path, found: Array.isArray(value) ? "array" : goTypeOf(value), expected: goName(type) };
  }
  const inner = type.slice(2);
  if (Array.isArray(value)) return first(value, (element) => firstMismatch(schema, element, inner, path));
  if (!isFields(value)) return undefined;
  return first(Object.entries(value), ([key, member]) =>
    firstMismatch(
      schema,
      member,
      type.startsWith("{}") ? inner : (memberOf(schema.types[type], key) ?? "any"),
      path === "" ? key : `${path}.${key}`,
    ),
  );
}

function unreadableQuantity(value: unknown): boolean {
  if (typeof value !== "string" && typeof value !== "number") return false;
  try {
    parseQuantity(value);
    return false;
  } catch {
    return true;
  }
}

function first<T, R>(values: Iterable<T>, find: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

function goTypeOf(value: unknown): string {
  return typeof value === "boolean" ? "bool" : typeof value;
}

function goName(type: string): string {
  if (type.startsWith("[]")) return `[]${goName(type.slice(2))}`;
  if (type.startsWith("{}")) return `map[string]${goName(type.slice(2))}`;
  return { string: "string", boolean: "bool", integer: "int32", quantity: "resource.Quantity" }[type] ?? `v1.${type}`;
}

/** What a definition says of every custom resource here: its specification, where it has one, is an object. */
function checkDefinition(served: Served, object: KubeObject): void {
  const { spec, status } = object as { spec?: unknown; status?: unknown };
  for (const [field, value] of Object.entries({ spec, status })) {
    if (value === undefined || isFields(value)) continue;
    const found = Array.isArray(value) ? "array" : typeof value;
    throw refusal(
      served,
      object,
      "FieldValueTypeInvalid",
      field,
      `Invalid value: "${found}": ${field} in body must be of type object: "${found}"`,
    );
  }
}

function checkRequired(served: Served, schema: Schema, type: string, object: KubeObject): void {
  const members = schema.types[type]!;
  // A kind without its specification lacks all that is required in there.
  const whole = "spec" in members || "spec!" in members ? { spec: {}, ...object } : object;
  const path = firstMissing(schema, whole, type, "");
  if (path !== undefined) throw refusal(served, object, "FieldValueRequired", path, "Required value");
}

function firstMissing(schema: Schema, value: unknown, type: string, path: string): string | undefined {
  if (Array.isArray(value)) {
    return first(value.entries(), ([index, element]) =>
      firstMissing(schema, element, type.slice(2), `${path}[${index}]`),
    );
  }
  if (!isFields(value)) return undefined;
  if (type.startsWith("{}")) {
    return first(Object.entries(value), ([key, member]) =>
      firstMissing(schema, member, type.slice(2), `${path}[${key}]`),
    );
  }
  return first(Object.entries(schema.types[type] ?? {}), ([key, member]) => {
    const name = key.replace("!", "");
    const memberPath = path === "" ? name : `${path}.${name}`;
    // What a status lacks is for whoever keeps it to say.
    if (memberPath === "status") return undefined;
    if (value[name] === undefined) return key.endsWith("!") ? memberPath : undefined;
    return firstMissing(schema, value[name], member, memberPath);
  });
}

function refusal(served: Served, { metadata }: KubeObject, reason: string, field: string, detail: string): StatusError {
  const { name = "" } = metadata as { name?: string };
  const { group, kind } = served;
  const qualified = group === "" ? kind : `${kind}.${group}`;
  return new StatusError(422, "Invalid", `${qualified} "${name}" is invalid: ${field}: ${detail}`, {
    name,
    ...(group !== "" && { group }),
    kind,
    causes: [{ reason, message: detail, field }],
  });
}
