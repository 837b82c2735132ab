import type { KubeObject } from "../../kube/objects.ts";
import { matchesFields, matchesLabels, parseFieldSelector, parseLabelSelector } from "../../kube/selector.ts";
import type { Served } from "./registry.ts";
import { badRequest } from "./wire.ts";

/** Which objects of a resource a list or watch is about. */
export type Selection = (object: KubeObject) => boolean;

/** Fields that objects can be selected by, beside every object's name and namespace (the strategies' label conversions). */
const selectable: Record<string, readonly string[]> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  events: [
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
};

/** Reads namespace and selectors; 400 for what cannot be read or selected by. */
export function readSelection(served: Served, namespace: string | undefined, parameters: URLSearchParams): Selection {
  const labels = refusing(() => parseLabelSelector(parameters.get("labelSelector") ?? ""));
  const fields = refusing(() => parseFieldSelector(parameters.get("fieldSelector") ?? ""));
  const own = selectable[served.plural];
  const allowed = ["metadata.name", "metadata.namespace", ...(own ?? [])];
  const unknown = fields.find(({ path }) => !allowed.includes(path));
  if (unknown !== undefined) {
    throw badRequest(
      served.custom || own !== undefined
        ? `field label not supported: ${unknown.path}`
        : `"${unknown.path}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  if (labels.length === 0 && fields.length === 0) {
    return namespace === undefined ? () => true : (object) => object.metadata.namespace === namespace;
  }
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    matchesLabels(labels, object.metadata.labels) &&
    matchesFields(fields, object);
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw badRequest((error as Error).message);
  }
}
