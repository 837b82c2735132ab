import { condition, type KubeObject, type Pod } from "../../kube/objects.ts";
import { matchesLabels, requirementsOf, type LabelSelector } from "../../kube/selector.ts";
import { WorkQueue } from "../controller.ts";
import type { World } from "../world.ts";
import type { Workload } from "./workload.ts";

/** How many pods of a kind may be away at once, and how many may go now. */
export interface DisruptionBudget extends KubeObject {
  spec: {
    minAvailable?: number | string;
    maxUnavailable?: number | string;
    selector?: LabelSelector;
    unhealthyPodEvictionPolicy?: "IfHealthyBudget" | "AlwaysAllow";
  };
  status?: {
    observedGeneration?: number;
    disruptionsAllowed: number;
    currentHealthy: number;
    desiredHealthy: number;
    expectedPods: number;
    conditions?: object[];
  };
}

const resource = "poddisruptionbudgets";

/** The disruption controller (pkg/controller/disruption): keeps what every budget allows, which evictions obey. */
export function startDisruptionBudgets(world: World): void {
  const { store } = world;
  const keep = (namespace: string | undefined, name: string): void => {
    const budget = store.get<DisruptionBudget>(resource, namespace, name);
    if (budget === undefined) return;
    store.mutate<DisruptionBudget>(resource, namespace, name, (draft) => {
      draft.status = statusOf(world, budget);
    });
  };
  const queue = new WorkQueue(world, "disruption budgets", "kube-controller-manager", (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    keep(namespace, name);
  });
  // Those of the model's zero are settled.
  world.clock.schedule(0, () => {
    for (const { metadata } of store.list<DisruptionBudget>(resource)) keep(metadata.namespace, metadata.name);
  });
  store.subscribe(({ verb, resource: changed, object }) => {
    const { namespace, name, labels } = object.metadata;
    if (changed === resource && verb !== "DELETED") queue.add(`${namespace}/${name}`);
    if (changed !== "pods") return;
    for (const { metadata, spec } of store.list<DisruptionBudget>(resource, namespace)) {
      if (covers(spec, labels)) queue.add(`${namespace}/${metadata.name}`);
    }
  });
}

/** Whether a budget speaks of pods with those labels. */
export function covers({ selector }: DisruptionBudget["spec"], labels: Record<string, string> | undefined): boolean {
  return selector !== undefined && matchesLabels(requirementsOf(selector), labels);
}

function statusOf(world: World, { metadata, spec, status }: DisruptionBudget): NonNullable<DisruptionBudget["status"]> {
  const pods = world.store
    .list<Pod>("pods", metadata.namespace)
    .filter((pod) => covers(spec, pod.metadata.labels) && !hasEnded(pod));
  const expectedPods = expected(world, pods);
  const currentHealthy = pods.filter(isHealthy).length;
  const desiredHealthy = desired(spec, expectedPods);
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  const observedGeneration = metadata.generation ?? 1;
  const allowed = disruptionsAllowed > 0;
  const before = status?.conditions as { status: string; lastTransitionTime: string }[] | undefined;
  const turned = before?.[0]?.status !== (allowed ? "True" : "False");
  return {
    observedGeneration,
    disruptionsAllowed,
    currentHealthy,
    desiredHealthy,
    expectedPods,
    conditions: [
      {
        type: "DisruptionAllowed",
        status: allowed ? "True" : "False",
        observedGeneration,
        lastTransitionTime: turned ? world.clock.stamp() : before[0]!.lastTransitionTime,
        reason: allowed ? "SufficientPods" : "InsufficientPods",
        message: "",
      },
    ],
  };
}

/** As many as their controllers are to keep, whether or not they are there. */
function expected({ store }: World, pods: Pod[]): number {
  const owners = new Map<string, number>();
  for (const { metadata } of pods) {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
    const set = owner && store.get<Workload>("replicasets", metadata.namespace, owner.name);
    const of = set?.metadata.uid ?? "";
    owners.set(of, set === undefined ? (owners.get(of) ?? 0) + 1 : (set.spec.replicas ?? 1));
  }
  return [...owners.values()].reduce((sum, count) => sum + count, 0);
}

function desired({ minAvailable, maxUnavailable }: DisruptionBudget["spec"], expectedPods: number): number {
  if (maxUnavailable !== undefined) return Math.max(0, expectedPods - share(maxUnavailable, expectedPods));
  return minAvailable === undefined ? 0 : share(minAvailable, expectedPods);
}

/** A count, or a percentage rounded up (intstr: GetScaledValueFromIntOrPercent). */
function share(value: number | string, of: number): number {
  return typeof value === "string" && value.endsWith("%") ? Math.ceil((parseInt(value, 10) * of) / 100) : Number(value);
}

function isHealthy(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined && condition(pod, "Ready")?.status === "True";
}

function hasEnded({ status }: Pod): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}
