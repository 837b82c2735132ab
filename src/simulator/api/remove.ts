import type { KubeObject } from "../../kube/objects.ts";
import type { ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { DeleteOptions } from "../store.ts";
import type { World } from "../world.ts";
import { byKey, find, objectAnswer } from "./read.ts";
import type { Served } from "./registry.ts";
import { isDryRun, readObject } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { readSelection } from "./selection.ts";
import { answer, listText } from "./wire.ts";

/** Kinds whose last state is answered when they are gone at once; for others it is a Status. */
const answeredWhenGone = new Set([
  "pods",
  "services",
  "serviceaccounts",
  "persistentvolumes",
  "persistentvolumeclaims",
  "namespaces",
]);

interface Removal extends DeleteOptions {
  propagationPolicy?: "Orphan" | "Background" | "Foreground";
}

/** DELETE of one object. */
export function deleteObject(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const object = find(world.store, served, target);
  const removed = remove(world, served, object, readOptions(query));
  const { name, uid } = object.metadata;
  if (isHeld(world, served, removed) || answeredWhenGone.has(served.plural)) {
    return objectAnswer(world, served, target, query, 200, removed);
  }
  return answer(200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, ...(served.group !== "" && { group: served.group }), kind: served.plural, uid },
  });
}

/** DELETE of a collection: every object that the selectors choose. */
export function deleteCollection(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const options = readOptions(query);
  const selects = readSelection(served, target.namespace, query.parameters);
  const chosen = world.store.list(served.plural).filter(selects).sort(byKey);
  const removed = chosen.map((object) => remove(world, served, object, options));
  const metadata = { resourceVersion: String(world.store.resourceVersion) };
  return answer(200, listText(served, target.version, removed, metadata));
}

const finalizers = { Orphan: "orphan", Foreground: "foregroundDeletion", Background: undefined } as const;

function remove(
  world: World,
  served: Served,
  { metadata }: KubeObject,
  { propagationPolicy = "Background", ...options }: Removal,
): KubeObject {
  const finalizer = finalizers[propagationPolicy];
  const deletion = { ...options, ...(finalizer !== undefined && { finalizer }) };
  return world.store.delete(served.plural, metadata.namespace, metadata.name, deletion);
}

function isHeld(world: World, served: Served, { metadata }: KubeObject): boolean {
  return (
    (metadata.finalizers ?? []).length > 0 ||
    world.store.get(served.plural, metadata.namespace, metadata.name)?.metadata.uid === metadata.uid
  );
}

/** Options from the body if there is one, else from the query: with a body, the query counts for nothing. */
function readOptions(query: Query): Removal {
  const { parameters } = query;
  if (query.body === undefined) {
    const grace = parameters.get("gracePeriodSeconds");
    const policy = parameters.get("propagationPolicy");
    return checked({
      ...(grace !== null && { gracePeriodSeconds: Number(grace) }),
      ...(policy !== null && { propagationPolicy: policy as "Orphan" }),
      dryRun: isDryRun(parameters),
    });
  }
  const { gracePeriodSeconds, propagationPolicy, preconditions, dryRun } = readObject(query, "DeleteOptions") as {
    gracePeriodSeconds?: number;
    propagationPolicy?: Removal["propagationPolicy"];
    preconditions?: { uid?: string; resourceVersion?: string };
    dryRun?: string[];
  };
  return checked({
    ...(typeof gracePeriodSeconds === "number" && { gracePeriodSeconds }),
    ...(propagationPolicy && { propagationPolicy }),
    ...(preconditions && { preconditions }),
    dryRun: (dryRun ?? []).includes("All"),
  });
}

function checked(options: Removal): Removal {
  const { propagationPolicy } = options;
  if (propagationPolicy === undefined || ["Orphan", "Background", "Foreground"].includes(propagationPolicy))
    return options;
  const message = `Unsupported value: "${String(propagationPolicy)}": supported values: "Background", "Foreground", "Orphan"`;
  throw new StatusError(422, "Invalid", `DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: ${message}`, {
    group: "meta.k8s.io",
    kind: "DeleteOptions",
    causes: [{ reason: "FieldValueNotSupported", message, field: "propagationPolicy" }],
  });
}
