import { condition, type Pod } from "../../kube/objects.ts";
import { covers } from "../controllers/disruption-budgets.ts";
import type { DisruptionBudget } from "../controllers/disruption-budgets.ts";
import { markDisrupted } from "../controllers/disruption.ts";
import type { ApiResponse } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { admitEviction } from "./admission/pod-eviction.ts";
import type { Eviction } from "./admission/pod-eviction.ts";
import { find } from "./read.ts";
import type { Served } from "./registry.ts";
import { isDryRun, readObject } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { answer, badRequest } from "./wire.ts";

/** POST to a pod's `eviction`: deletes the pod, unless a webhook or a disruption budget stands against it. */
export function evict(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const eviction = readObject(query, "Eviction") as unknown as Eviction;
  const { deleteOptions } = eviction;
  const dryRun = isDryRun(query.parameters) || deleteOptions?.dryRun?.includes("All") === true;
  const pod = find(world.store, served, target) as Pod;
  if (eviction.metadata?.name !== undefined && eviction.metadata.name !== pod.metadata.name) {
    throw badRequest(
      `the name in the request (${pod.metadata.name}) does not match the name in the Eviction object (${eviction.metadata.name})`,
    );
  }
  admitEviction(world, pod, eviction, dryRun);
  useBudget(world, pod, dryRun);
  if (!dryRun) markDisrupted(world, pod, "EvictionByEvictionAPI", "Eviction API: evicting");
  world.store.delete("pods", pod.metadata.namespace, pod.metadata.name, {
    ...(deleteOptions?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: deleteOptions.gracePeriodSeconds }),
    ...(deleteOptions?.preconditions !== undefined && { preconditions: deleteOptions.preconditions }),
    dryRun,
  });
  return answer(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

/** Takes the eviction off the pod's budget; 429 where that is used up, 500 where more than one speaks of the pod. */
function useBudget({ store }: World, pod: Pod, dryRun: boolean): void {
  const { phase } = pod.status;
  // Pods that have ended, or wait for a node, disturb nobody when they go.
  if (phase === "Succeeded" || phase === "Failed" || phase === "Pending") return;
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const [budget, ...more] = store
    .list<DisruptionBudget>("poddisruptionbudgets", pod.metadata.namespace)
    .filter(({ spec }) => covers(spec, pod.metadata.labels));
  if (budget === undefined) return;
  if (more.length > 0) {
    const message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.";
    throw new StatusError(500, "InternalError", message, { causes: [{ message }] });
  }
  const { desiredHealthy = 0, currentHealthy = 0, disruptionsAllowed = 0 } = budget.status ?? {};
  const { namespace, name } = budget.metadata;
  // A pod that is not ready counts for nothing: it may go where that keeps nobody from being well again.
  if (condition(pod, "Ready")?.status !== "True") {
    if (budget.spec.unhealthyPodEvictionPolicy === "AlwaysAllow") return;
    if (desiredHealthy > 0 && currentHealthy >= desiredHealthy) return;
  }
  if (disruptionsAllowed > 0) {
    if (dryRun) return;
    store.mutate<DisruptionBudget>("poddisruptionbudgets", namespace, name, ({ status }) => {
      status!.disruptionsAllowed--;
    });
    return;
  }
  throw new StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: "DisruptionBudget",
        message: `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      },
    ],
  });
}
