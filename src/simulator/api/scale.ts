import type { KubeObject } from "../../kube/objects.ts";
import { formatLabelSelector, requirementsOf } from "../../kube/selector.ts";
import type { LabelSelector } from "../../kube/selector.ts";
import type { ApiResponse } from "../simulation.ts";
import type { World } from "../world.ts";
import { admit } from "./admission/admit.ts";
import { patched } from "./patch.ts";
import { find } from "./read.ts";
import type { Served } from "./registry.ts";
import { isDryRun, readObject } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { answer } from "./wire.ts";

interface Scalable extends KubeObject {
  spec: { replicas?: number; selector: LabelSelector };
  status?: { replicas?: number };
}

interface Scale extends KubeObject {
  spec: { replicas?: number };
  status: { replicas: number; selector: string };
}

/** GET, PUT and PATCH of an object's `scale`. */
export function answerScale(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const current = find(world.store, served, target) as Scalable;
  if (query.method === "GET") return answer(200, scaleOf(current));
  const wanted =
    query.method === "PUT"
      ? (readObject(query, "Scale") as unknown as Scale)
      : (patched({ ...served, custom: true, kind: "Scale" }, query, scaleOf(current)) as Scale);
  const resized = {
    ...current,
    metadata: { ...current.metadata, resourceVersion: wanted.metadata.resourceVersion },
    spec: { ...current.spec, replicas: wanted.spec.replicas ?? 0 },
  };
  const admitted = admit(world, served.plural, resized, { by: "user", old: current, warnings: [] });
  const stored = world.store.update(served.plural, admitted, { dryRun: isDryRun(query.parameters) });
  return answer(200, scaleOf(stored));
}

function scaleOf({ metadata, spec, status }: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: formatLabelSelector(requirementsOf(spec.selector)) },
  };
}
