import { readFileSync } from "node:fs";
import { isScalar, LineCounter, parseAllDocuments, visit, type Document } from "yaml";
import { messageOf, UsageError } from "../errors.ts";
import type { Manifest } from "../kube/objects.ts";

/**
 * The objects of a YAML or JSON file as kubectl would read it, one or many documents, `List`s unfolded. A `UsageError`
 * names file, line and column of what cannot be read, and of plain scalars that YAML 1.1 and 1.2 read differently.
 */
export function readManifests(file: string): Manifest[] {
  return parseManifests(readText(file), file);
}

/** The same for a text; `from` names it in errors. */
export function parseManifests(text: string, from: string): Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines });
  const manifests = (Array.isArray(documents) ? documents : []).flatMap((document) =>
    unfold(read(document, lines, from), from, whereIs(lines, document.range[0])),
  );
  if (manifests.length === 0) throw new UsageError(`${from} holds no Kubernetes object`);
  return manifests;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  }
}

function read(document: Document.Parsed, lines: LineCounter, from: string): unknown {
  const error = document.errors[0];
  if (error !== undefined) {
    const what = error.message.split("\n")[0]!.replace(/ at line \d+, column \d+:?$/, "");
    throw new UsageError(`${from}:${whereIs(lines, error.pos[0])}: ${what}`);
  }
  visit(document, {
    Scalar: (key, node) => {
      if (key === "key" || node.type !== "PLAIN" || node.source === undefined || !isScalar(node)) return;
      const other = otherReading(node.source);
      if (other !== null) {
        const where = whereIs(lines, node.range?.[0] ?? 0);
        throw new UsageError(`${from}:${where}: kubectl reads ${node.source} as ${other}; quote it, or write ${other}`);
      }
    },
  });
  return plain(document, from);
}

/** Aliases of aliases of aliases can be small in the file and large beyond measure. */
function plain(document: Document.Parsed, from: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new UsageError(`${from} cannot be read: ${messageOf(error)}`);
  }
}

/** What kubectl's YAML 1.1 makes of a plain scalar that YAML 1.2 reads as another value; null where both agree. */
function otherReading(source: string): string | null {
  if (/^(y|yes|on)$/i.test(source)) return "true";
  if (/^(n|no|off)$/i.test(source)) return "false";
  if (/^0[0-7]+$/.test(source)) return String(Number.parseInt(source, 8));
  return null;
}

function unfold(value: unknown, from: string, where: string): Manifest[] {
  if (value === null || value === undefined) return [];
  if (!isObject(value) || typeof value["apiVersion"] !== "string" || typeof value["kind"] !== "string") {
    throw new UsageError(`${from}:${where}: not a Kubernetes object: it needs an apiVersion and a kind`);
  }
  if (value["kind"] === "List" && Array.isArray(value["items"])) {
    return value["items"].flatMap((item) => unfold(item, from, where));
  }
  const metadata = value["metadata"];
  if (!isObject(metadata) || typeof metadata["name"] !== "string" || metadata["name"] === "") {
    throw new UsageError(`${from}:${where}: ${value["kind"]} has no metadata.name; give it one`);
  }
  return [value as Manifest];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function whereIs(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${line}:${col}`;
}
