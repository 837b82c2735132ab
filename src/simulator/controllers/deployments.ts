import { createHash } from "node:crypto";
import { condition, type KubeObject, type Pod } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { World } from "../world.ts";
import { activePods, createPodOf, deletePodOf, type PodTemplate, type Workload } from "./workload.ts";

const component = "kube-controller-manager";
const source = "replicaset-controller";
/** How long it waits after a pod of its was refused. */
const retryMs = 5_000;

/**
 * Deployments, each by the ReplicaSet of its present template (pkg/controller/deployment, pkg/controller/replicaset):
 * as many pods as asked for. A new template replaces all pods at once.
 */
export function startDeployments(world: World): void {
  const deployments = new WorkQueue(world, "deployments", component, (key) => {
    const deployment = get("deployments", key);
    if (deployment !== undefined) keepReplicaSet(deployment);
  });
  const replicaSets = new WorkQueue(world, "replica sets", component, (key) => {
    const set = get("replicasets", key);
    if (set !== undefined) keepPods(key, set);
  });

  world.store.subscribe(({ verb, resource, object }) => {
    if (resource === "deployments" && verb !== "DELETED") deployments.add(keyOf(object));
    if (resource === "replicasets") {
      if (verb !== "DELETED") replicaSets.add(keyOf(object));
      addOwner(deployments, object, "Deployment");
    }
    if (resource === "pods" && verb !== "ADDED") addOwner(replicaSets, object, "ReplicaSet");
  });

  function get(resource: string, key: string): Workload | undefined {
    const [namespace, name] = key.split("/") as [string, string];
    const found = world.store.get<Workload>(resource, namespace, name);
    return found?.metadata.deletionTimestamp === undefined ? found : undefined;
  }

  function keepReplicaSet(deployment: Workload): void {
    const { metadata, spec } = deployment;
    const replicas = spec.replicas ?? 1;
    const present = replicaSetOf(deployment);
    const sets = world.index
      .dependentsOf(metadata.uid)
      .flatMap(({ namespace, name }) => get("replicasets", `${namespace}/${name}`) ?? []);
    if (sets.every((set) => set.metadata.name !== present.metadata.name)) {
      world.store.create<Workload>("replicasets", present);
    }
    for (const set of sets) scale(set, set.metadata.name === present.metadata.name ? replicas : 0);
    const of = (what: string): number => sets.reduce((sum, { status }) => sum + Number(status?.[what] ?? 0), 0);
    const ready = of("readyReplicas");
    world.store.mutate<Workload>("deployments", metadata.namespace, metadata.name, (draft) => {
      const counts = { replicas: of("replicas"), readyReplicas: ready, availableReplicas: ready };
      draft.status = { ...draft.status, ...counts, updatedReplicas: of("replicas") };
      draft.status["observedGeneration"] = metadata.generation ?? 1;
      if (replicas > ready) draft.status["unavailableReplicas"] = replicas - ready;
      else delete draft.status["unavailableReplicas"];
    });
  }

  function scale(set: Workload, replicas: number): void {
    world.store.mutate<Workload>("replicasets", set.metadata.namespace, set.metadata.name, (draft) => {
      draft.spec.replicas = replicas;
    });
  }

  function keepPods(key: string, set: Workload): void {
    const pods = activePods(world, set);
    const missing = (set.spec.replicas ?? 1) - pods.length;
    for (let count = 0; count < missing; count++) {
      if (!createPodOf(world, set, source)) replicaSets.add(key, retryMs);
    }
    // Those go first that are not ready, then the youngest.
    const byWorth = pods.toSorted((a, b) => Number(isReady(b)) - Number(isReady(a)));
    if (missing < 0) for (const pod of byWorth.slice(missing)) deletePodOf(world, set, pod, source);
    const ready = pods.filter(isReady).length;
    world.store.mutate<Workload>("replicasets", set.metadata.namespace, set.metadata.name, (draft) => {
      draft.status = {
        availableReplicas: ready,
        fullyLabeledReplicas: pods.length,
        observedGeneration: set.metadata.generation ?? 1,
        readyReplicas: ready,
        replicas: pods.length,
      };
    });
  }
}

/** The ReplicaSet that a Deployment of that template has. */
export function replicaSetOf({
  metadata,
  spec,
}: Workload): Omit<Workload, "metadata"> & { metadata: Partial<Workload["metadata"]> } {
  const { name, namespace, uid } = metadata;
  const hash = templateHash(spec.template);
  const labels = { ...spec.template.metadata?.labels, "pod-template-hash": hash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${hash}`,
      ...(namespace !== undefined && { namespace }),
      labels,
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: {
      replicas: spec.replicas ?? 1,
      selector: { matchLabels: { ...spec.selector.matchLabels, "pod-template-hash": hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  };
}

function templateHash(template: PodTemplate): string {
  return createHash("sha256").update(JSON.stringify(template)).digest("hex").slice(0, 10);
}

function isReady(pod: Pod): boolean {
  return condition(pod, "Ready")?.status === "True";
}

function addOwner(queue: WorkQueue, { metadata }: KubeObject, kind: string): void {
  const owner = metadata.ownerReferences?.find((one) => one.kind === kind);
  if (owner !== undefined) queue.add(`${metadata.namespace}/${owner.name}`);
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
