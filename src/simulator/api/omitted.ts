import type { KubeObject, Node } from "../../kube/objects.ts";

/**
 * The object without what the API server's own types leave out where it is empty (`omitempty`): an uncordoned node says
 * nothing of `unschedulable`, and lists and maps of the metadata are there or not, but never empty.
 */
export function withoutEmpties(object: KubeObject): KubeObject {
  const kept = Object.entries(object.metadata).filter(([, value]) => !isEmpty(value));
  const whole = { ...object, metadata: Object.fromEntries(kept) as unknown as KubeObject["metadata"] };
  return whole.kind === "Node" ? withoutEmptySpec(whole as Node) : whole;
}

function withoutEmptySpec(node: Node): Node {
  const kept = Object.entries(node.spec ?? {}).filter(([, value]) => value !== false && !isEmpty(value));
  return { ...node, spec: Object.fromEntries(kept) };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
