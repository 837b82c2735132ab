import type { KubeObject } from "../../kube/objects.ts";
import { cellsOf, defaultCells } from "./cells.ts";
import columns from "./printer-columns.json" with { type: "json" };
import type { Served } from "./registry.ts";
import { objectText } from "./wire.ts";

/** What of the object goes along with its row (`includeObject`). */
export type Included = "None" | "Metadata" | "Object";

/**
 * Objects as `kubectl get` prints them: a meta.k8s.io/v1 Table.
 * @param withColumns false for all but the first event of a watch, as the real server does.
 */
export function tableText(
  served: Served,
  objects: readonly KubeObject[],
  metadata: object,
  now: Date,
  included: Included,
  withColumns = true,
): string {
  const printers = cellsOf[served.plural] ?? defaultCells;
  const rows = objects.map((object) => {
    const text = JSON.stringify(printers.map((print) => print(object, now)));
    if (included === "None") return `{"cells":${text}}`;
    return `{"cells":${text},"object":${included === "Object" ? objectText(object) : metadataText(object)}}`;
  });
  const definitions = withColumns ? JSON.stringify(columnsOf(served)) : "null";
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"columnDefinitions":${definitions},"rows":[${rows.join(",")}]}`;
}

/** The object's metadata alone: a PartialObjectMetadata. */
export function metadataText(object: KubeObject): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(object.metadata)}}`;
}

/** Metadata alone of many objects. */
export function metadataListText(objects: readonly KubeObject[], metadata: object): string {
  const items = objects.map((object) => metadataText(object));
  return `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"items":[${items.join(",")}]}`;
}

function columnsOf(served: Served): unknown[] {
  const known: Record<string, unknown[]> = columns;
  return known[served.plural] ?? (served.custom ? columns.custom : columns.builtin);
}
