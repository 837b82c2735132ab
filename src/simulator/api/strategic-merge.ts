import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** By which member the elements of a list are told apart (patchMergeKey of the built-in types); other lists are replaced. */
const mergeKeys: Record<string, readonly string[]> = {
  addresses: ["type"],
  conditions: ["type"],
  containers: ["name"],
  env: ["name"],
  ephemeralContainers: ["name"],
  hostAliases: ["ip"],
  imagePullSecrets: ["name"],
  initContainers: ["name"],
  ownerReferences: ["uid"],
  podIPs: ["ip"],
  // A container's ports and a service's.
  ports: ["containerPort", "port"],
  resourceClaims: ["name"],
  secrets: ["name"],
  topologySpreadConstraints: ["topologyKey"],
  volumeDevices: ["devicePath"],
  volumeMounts: ["mountPath"],
  volumes: ["name"],
};
/** Lists of plain values that are merged as sets. */
const sets = new Set(["finalizers"]);

/**
 * A strategic merge patch of a built-in kind: like a merge patch, but lists whose elements have a key are
 * merged element by element, and `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/…` are obeyed.
 */
export function strategicMerge(target: unknown, patch: unknown, field = ""): unknown {
  if (Array.isArray(patch)) return mergeList(field, Array.isArray(target) ? target : [], patch);
  if (!isFields(patch)) return patch;
  const { $patch: directive, $retainKeys: retained, ...changes } = patch;
  if (directive === "replace") return changes;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(changes)) {
    if (key.startsWith("$setElementOrder/")) continue;
    if (key.startsWith("$deleteFromPrimitiveList/")) {
      const list = key.slice("$deleteFromPrimitiveList/".length);
      const removed = value as unknown[];
      result[list] = ((result[list] ?? []) as unknown[]).filter((element) => !removed.includes(element));
    } else if (value === null || (isFields(value) && value["$patch"] === "delete")) {
      delete result[key];
    } else {
      result[key] = strategicMerge(result[key], value, key);
    }
  }
  if (Array.isArray(retained)) for (const key of Object.keys(result)) if (!retained.includes(key)) delete result[key];
  return result;
}

function mergeList(field: string, target: unknown[], patch: unknown[]): unknown[] {
  if (sets.has(field)) return [...new Set([...target, ...patch])];
  const key = mergeKeys[field]?.find((candidate) => patch.some((element) => isFields(element) && candidate in element));
  if (key === undefined) return patch.filter((element) => !isDirective(element));
  if (patch.some((element) => isDirective(element) && element["$patch"] === "replace")) {
    return patch.filter((element) => !isDirective(element) || Object.keys(element).length > 1);
  }
  const result = [...target] as Fields[];
  for (const element of patch as Fields[]) {
    const index = result.findIndex((candidate) => candidate[key] === element[key]);
    if (element["$patch"] === "delete") {
      if (index >= 0) result.splice(index, 1);
    } else if (index >= 0) {
      result[index] = strategicMerge(result[index], element) as Fields;
    } else {
      result.push(strategicMerge({}, element) as Fields);
    }
  }
  return result;
}

function isDirective(element: unknown): element is Fields {
  return isFields(element) && "$patch" in element;
}
