import type { KubeObject } from "../../kube/objects.ts";
import { isFields } from "./fields.ts";
import kubernetes from "./kubernetes-schema.json" with { type: "json" };
import kubevirt from "./kubevirt-schema.json" with { type: "json" };
import type { Served } from "./registry.ts";
import { badRequest } from "./wire.ts";

/** What is known of a family of kinds. */
export interface Schema {
  /** The type of each resource, by plural. */
  resources: Record<string, string>;
  /** Members of each type: `name` or, where required, `name!`, with `[]` and `{}` for lists and maps. */
  types: Record<string, Record<string, string>>;
  /** What types and members are for, by `Type` and `Type.member`. */
  descriptions: Record<string, string>;
}

const schemas: readonly Schema[] = [kubevirt, kubernetes];

/** Kubernetes' types, with those that all objects share. */
export const commonSchema = schemas[1]!;

/** The schema that a resource's type is in, and that type's name; undefined where nothing is known of it. */
export function schemaOf(plural: string): { schema: Schema; type: string } | undefined {
  const schema = schemas.find(({ resources }) => plural in resources);
  return schema && { schema, type: schema.resources[plural]! };
}

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
  const known = schemaOf(served.plural);
  const unknown: string[] = [];
  const metadata = pruned(commonSchema, object.metadata, "ObjectMeta", "metadata", unknown);
  const whole = { ...object, metadata } as KubeObject;
  const kept = known === undefined ? whole : (pruned(known.schema, whole, known.type, "", unknown) as KubeObject);
  if (unknown.length === 0) return object;
  const found = unknown.map((path) => `unknown field "${path}"`);
  if (fieldValidation === "Strict") {
    throw badRequest(
      `${served.kind} in version "${served.version}" cannot be handled as a ${served.kind}: strict decoding error: ${found.join(", ")}`,
    );
  }
  if (fieldValidation === "Warn") warnings.push(...found);
  return kept;
}

/** What virt-api finds amiss when it holds an object against the API's schema: types and required fields. */
export function schemaProblems(plural: string, object: KubeObject): string[] {
  const known = schemaOf(plural);
  const problems: string[] = [];
  if (known !== undefined) inspect(known.schema, object, known.type, "", problems);
  return problems;
}

function pruned(schema: Schema, value: unknown, type: string, path: string, unknown: string[]): unknown {
  if (type.startsWith("[]") && Array.isArray(value)) {
    return value.map((element, index) => pruned(schema, element, type.slice(2), `${path}[${index}]`, unknown));
  }
  if (!isFields(value)) return value;
  const members = schema.types[type];
  const result: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const memberType = type.startsWith("{}") ? type.slice(2) : memberOf(members, key);
    const memberPath = path === "" ? key : `${path}.${key}`;
    if (memberType === undefined && members !== undefined) unknown.push(memberPath);
    else result[key] = pruned(schema, member, memberType ?? "any", memberPath, unknown);
  }
  return result;
}

function inspect(schema: Schema, value: unknown, type: string, path: string, problems: string[]): void {
  if (value === undefined || type === "any") return;
  const [expected, fits] = expectation(type, value);
  if (!fits) {
    problems.push(`${path} in body must be of type ${expected}: "${jsonTypeOf(value)}"`);
  } else if (Array.isArray(value)) {
    value.forEach((element, index) => inspect(schema, element, type.slice(2), `${path}[${index}]`, problems));
  } else if (isFields(value)) {
    for (const [key, member] of Object.entries(schema.types[type] ?? {})) {
      const name = key.replace("!", "");
      const memberPath = path === "" ? name : `${path}.${name}`;
      if (value[name] === undefined && key.endsWith("!")) problems.push(`${memberPath} in body is required`);
      inspect(schema, value[name], member, memberPath, problems);
    }
  }
}

/** What a value of that type is in JSON, and whether this one is. */
export function expectation(type: string, value: unknown): [expected: string, fits: boolean] {
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

/** The type of a member, without a mark for being required; any where nothing is known. */
export function memberOf(members: Record<string, string> | undefined, key: string): string | undefined {
  if (members === undefined) return "any";
  return members[key] ?? members[`${key}!`];
}

function jsonTypeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (value === null) return "null";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}
