import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { format } from "prettier";
import { registry } from "../src/simulator/api/registry.ts";

/**
 * Writes what the simulated API server knows of its kinds: members, types, required fields (`!`) and what they are
 * for. Kubernetes' come from the types of @kubernetes/client-node, KubeVirt's from its swagger.json, whose path is
 * given: `node scripts/write-api-schemas.ts swagger.json`.
 */
interface Schema {
  source: string;
  /** The type of each resource, by plural. */
  resources: Record<string, string>;
  types: Record<string, Record<string, string>>;
  /** By type, and by `Type.member`. */
  descriptions: Record<string, string>;
}

const models = new URL("../node_modules/@kubernetes/client-node/dist/gen/models/", import.meta.url);
const folder = new URL("../src/simulator/api/", import.meta.url);

/** Kubernetes' own kinds, from declarations: a comment, then `'name'?: type;`. */
function kubernetes(): Schema {
  const { version } = JSON.parse(readFileSync(new URL("../../../package.json", models), "utf8")) as { version: string };
  const source = `@kubernetes/client-node ${version} (Apache-2.0)`;
  const schema: Schema = { source, resources: {}, types: {}, descriptions: {} };
  for (const { custom, plural, kind } of registry) {
    const model = fileOf(`V1${kind}`) === undefined ? `Core${kind}` : kind;
    if (custom || fileOf(model) === undefined) continue;
    schema.resources[plural] = model;
    addModel(schema, model);
  }
  return schema;
}

function fileOf(type: string): URL | undefined {
  const names = [`V1${type}.d.ts`, `${type}.d.ts`, `CoreV1${type.replace(/^Core/, "")}.d.ts`];
  return names.map((name) => new URL(name, models)).find((url) => existsSync(url));
}

function addModel(schema: Schema, type: string): void {
  if (type in schema.types) return;
  const text = readFileSync(fileOf(type)!, "utf8");
  const members: Record<string, string> = (schema.types[type] = {});
  const about = /\/\*\*\s*\n\* ([^\n]*)\n\*\/\nexport declare class/.exec(text)?.[1];
  if (about !== undefined) schema.descriptions[type] = clean(about);
  for (const [, comment, name = "", optional, declared = ""] of text.matchAll(
    /(?: {4}\/\*\*\n {4}\* ([^\n]*)\n {4}\*\/\n)? {4}'([^']+)'(\?)?: ([^\n{]*|\{\n[^}]*\});\n/g,
  )) {
    const known = quantities.has(name) ? typeOf(declared).replace("string", "quantity") : typeOf(declared);
    members[optional ? name : `${name}!`] = known;
    if (comment !== undefined) schema.descriptions[`${type}.${name}`] = clean(comment);
    const inner = known.replace(/^(\[\]|\{\})+/, "");
    if (/^[A-Z]/.test(inner)) addModel(schema, inner);
  }
}

/** Members whose strings are quantities, which may be written as numbers. */
const quantities = new Set([
  "allocatable",
  "allocatedResources",
  "capacity",
  "default",
  "defaultRequest",
  "divisor",
  "hard",
  "limits",
  "overhead",
  "podFixed",
  "requests",
  "sizeLimit",
]);

function typeOf(declared: string): string {
  const list = /^Array<(.*)>$/.exec(declared)?.[1];
  if (list !== undefined) return `[]${typeOf(list)}`;
  const map = /^\{\s*\[key: string\]: (.*);\s*\}$/.exec(declared)?.[1];
  if (map !== undefined) return `{}${typeOf(map)}`;
  if (declared === "number") return "integer";
  if (declared === "string" || declared === "boolean") return declared;
  if (declared === "Date" || declared === "V1MicroTime") return "string";
  if (declared === "any" || declared === "IntOrString" || declared === "RuntimeRawExtension") return "any";
  return declared.replace(/^(Core)?V1/, "$1").replace(/^Core(?!Event)/, "");
}

interface Property {
  description?: string;
  type?: string;
  $ref?: string;
  items?: Property;
  additionalProperties?: Property;
}

interface Definition {
  description?: string;
  properties?: Record<string, Property>;
  required?: string[];
}

/** Kinds of KubeVirt's that its file may lack yet, by plural. */
const ofKubevirt = { kubevirts: "v1.KubeVirt", migrationpolicies: "v1alpha1.MigrationPolicy" };

/** KubeVirt's own: the types that are missing, and what all are for; the others are in the file already. */
function kubevirt(swagger: string): Schema {
  const url = new URL("kubevirt-schema.json", folder);
  const schema = JSON.parse(readFileSync(url, "utf8")) as Schema;
  const { definitions } = JSON.parse(readFileSync(swagger, "utf8")) as { definitions: Record<string, Definition> };
  for (const [plural, name] of Object.entries(ofKubevirt)) {
    schema.resources[plural] = name.replace(/^.*\./, "");
    addDefinition(schema, definitions, name);
  }
  schema.descriptions = {};
  for (const [name, { description, properties = {} }] of Object.entries(definitions)) {
    const type = name.replace(/^.*\./, "");
    const members = schema.types[type];
    if (members === undefined) continue;
    if (description) schema.descriptions[type] = clean(description);
    for (const [member, { description: about }] of Object.entries(properties)) {
      if (about && (member in members || `${member}!` in members))
        schema.descriptions[`${type}.${member}`] = clean(about);
    }
  }
  return schema;
}

function addDefinition(schema: Schema, definitions: Record<string, Definition>, name: string): void {
  const type = name.replace(/^.*\./, "");
  const { properties, required = [] } = definitions[name]!;
  if (type in schema.types || properties === undefined) return;
  const members: Record<string, string> = (schema.types[type] = {});
  for (const [member, property] of Object.entries(properties)) {
    const known = member === "metadata" ? "any" : definedType(definitions, property);
    members[required.includes(member) ? `${member}!` : member] = known;
    const inner = referenced(property);
    if (member !== "metadata" && inner !== undefined) addDefinition(schema, definitions, inner);
  }
}

function definedType(definitions: Record<string, Definition>, property: Property): string {
  if (property.items !== undefined) return `[]${definedType(definitions, property.items)}`;
  if (property.additionalProperties !== undefined)
    return `{}${definedType(definitions, property.additionalProperties)}`;
  const reference = referenced(property);
  if (reference === undefined)
    return ["string", "boolean", "integer"].includes(property.type ?? "") ? property.type! : "any";
  if (reference.endsWith(".Quantity")) return "quantity";
  if (/\.(Time|Duration|MicroTime)$/.test(reference)) return "string";
  return definitions[reference]?.properties === undefined ? "any" : reference.replace(/^.*\./, "");
}

/** The definition that a property, or what it is a list or a map of, refers to. */
function referenced({ $ref, items, additionalProperties }: Property): string | undefined {
  const inner = items ?? additionalProperties;
  return inner === undefined ? $ref?.replace("#/definitions/", "") : referenced(inner);
}

function clean(text: string): string {
  return text.replaceAll("\\'", "'").trim();
}

async function write(name: string, schema: Schema): Promise<void> {
  const text = await format(JSON.stringify(schema), { parser: "json", printWidth: 120 });
  writeFileSync(new URL(name, folder), text);
}

const [swagger] = process.argv.slice(2);
await write("kubernetes-schema.json", kubernetes());
if (swagger !== undefined) await write("kubevirt-schema.json", kubevirt(swagger));
