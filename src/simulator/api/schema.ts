import type { KubeObject } from "../../kube/objects.ts";
import { isFields } from "./fields.ts";
import schema from "./kubevirt-schema.json" with { type: "json" };
import type { Served } from "./registry.ts";
import { badRequest } from "./wire.ts";

/** Members of each type: `name` or, where required, `name!`, with `[]` and `{}` for lists and maps. */
const types: Record<string, Record<string, string>> = schema.types;
const roots: Record<string, string> = schema.resources;

/**
 * Takes fields away that the resource's schema does not know: refused with 400 where `fieldValidation` is
 * Strict, told in a warning where it is Warn. Resources without a schema here keep all they carry.
 */
export function checkFields(
  served: Served,
  object: KubeObject,
  fieldValidation: string,
  warnings: string[],
): KubeObject {
  const root = roots[served.plural];
  if (root === undefined) return object;
  const unknown: string[] = [];
  const known = pruned(object, root, "", unknown) as KubeObject;
  if (unknown.length === 0) return object;
  const found = unknown.map((path) => `unknown field "${path}"`);
  if (fieldValidation === "Strict") {
    throw badRequest(
      `${served.kind} in version "${served.version}" cannot be handled as a ${served.kind}: strict decoding error: ${found.join(", ")}`,
    );
  }
  if (fieldValidation === "Warn") warnings.push(...found);
  return known;
}

/** What virt-api finds amiss when it holds an object against the API's schema: types and required fields. */
export function schemaProblems(plural: string, object: KubeObject): string[] {
  const root = roots[plural];
  const problems: string[] = [];
  if (root !== undefined) inspect(object, root, "", problems);
  return problems;
}

function pruned(value: unknown, type: string, path: string, unknown: string[]): unknown {
  if (type.startsWith("[]") && Array.isArray(value)) {
    return value.map((element, index) => pruned(element, type.slice(2), `${path}[${index}]`, unknown));
  }
  if (!isFields(value)) return value;
  const members = types[type];
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberType = type.startsWith("{}") ? type.slice(2) : memberOf(members, key);
    const memberPath = path === "" ? key : `${path}.${key}`;
    if (memberType === undefined && members !== undefined) unknown.push(memberPath);
    else result[key] = pruned(member, memberType ?? "any", memberPath, unknown);
  }
  return result;
}

function inspect(value: unknown, type: string, path: string, problems: string[]): void {
  if (value === null || value === undefined || type === "any") return;
  const [expected, fits] = expectation(type, value);
  if (!fits) {
    problems.push(`${path} in body must be of type ${expected}: "${jsonTypeOf(value)}"`);
  } else if (Array.isArray(value)) {
    value.forEach((element, index) => inspect(element, type.slice(2), `${path}[${index}]`, problems));
  } else if (isFields(value)) {
    for (const [key, member] of Object.entries(types[type] ?? {})) {
      const name = key.replace("!", "");
      const memberPath = path === "" ? name : `${path}.${name}`;
      if (value[name] === undefined && key.endsWith("!")) problems.push(`${memberPath} in body is required`);
      inspect(value[name], member, memberPath, problems);
    }
  }
}

function expectation(type: string, value: unknown): [expected: string, fits: boolean] {
  if (type.startsWith("[]")) return ["array", Array.isArray(value)];
  switch (type) {
    case "string":
    case "boolean":
      return [type, typeof value === type];
    case "integer":
      return [type, Number.isInteger(value)];
    case "quantity":
      return ["string", typeof value === "string" || typeof value === "number"];
    default:
      return ["object", isFields(value)];
  }
}

function memberOf(members: Record<string, string> | undefined, key: string): string | undefined {
  if (members === undefined) return "any";
  return members[key] ?? members[`${key}!`];
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}
