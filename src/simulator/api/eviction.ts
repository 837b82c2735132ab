import type { KubeObject, Pod } from "../../kube/objects.ts";
import { matchesLabels, requirementsOf } from "../../kube/selector.ts";
import type { LabelSelector } from "../../kube/selector.ts";
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

interface PodDisruptionBudget extends KubeObject {
  spec: { selector?: LabelSelector };
  status?: { disruptionsAllowed?: number; desiredHealthy?: number; currentHealthy?: number };
}

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
  checkBudgets(world, pod);
  if (!dryRun) markDisrupted(world, pod);
  world.store.delete("pods", pod.metadata.namespace, pod.metadata.name, {
    ...(deleteOptions?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: deleteOptions.gracePeriodSeconds }),
    ...(deleteOptions?.preconditions !== undefined && { preconditions: deleteOptions.preconditions }),
    dryRun,
  });
  return answer(201, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 });
}

function checkBudgets({ store }: World, pod: Pod): void {
  const { phase } = pod.status;
  // Pods that have ended, or wait for a node, disturb nobody when they go.
  if (phase === "Succeeded" || phase === "Failed" || phase === "Pending") return;
  if (pod.metadata.deletionTimestamp !== undefined) return;
  const budget = store
    .list<PodDisruptionBudget>("poddisruptionbudgets", pod.metadata.namespace)
    .find(({ spec }) => matchesLabels(requirementsOf(spec.selector ?? {}), pod.metadata.labels));
  if (budget === undefined || (budget.status?.disruptionsAllowed ?? 0) > 0) return;
  const { desiredHealthy = 0, currentHealthy = 0 } = budget.status ?? {};
  throw new StatusError(429, "TooManyRequests", "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: "DisruptionBudget",
        message: `The disruption budget ${budget.metadata.name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
      },
    ],
  });
}

function markDisrupted({ store, clock }: World, pod: Pod): void {
  store.mutate<Pod>("pods", pod.metadata.namespace, pod.metadata.name, ({ status }) => {
    const others = (status.conditions ?? []).filter(({ type }) => type !== "DisruptionTarget");
    status.conditions = [
      ...others,
      {
        type: "DisruptionTarget",
        status: "True",
        reason: "EvictionByEvictionAPI",
        message: "Eviction API: evicting",
        lastTransitionTime: clock.stamp(),
      },
    ];
  });
}
