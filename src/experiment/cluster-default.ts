import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import type { EvictionStrategy, KubeObject } from "../kube/objects.ts";
import { hyperConvergeds, kubeVirts, type Resource } from "../kube/resources.ts";
import type { UndoStack } from "../safety/undo-stack.ts";
import type { Plan } from "./plan.ts";

/** How long what keeps the KubeVirt object may take to write there what it is told, in milliseconds. */
const limitMs = 60_000;

interface KubeVirt extends KubeObject {
  spec?: { configuration?: { evictionStrategy?: EvictionStrategy } };
}

interface HyperConverged extends KubeObject {
  spec?: { virtualization?: { evictionStrategy?: EvictionStrategy } };
}

type Patch = Record<string, unknown>;

/**
 * Sets the cluster's own eviction strategy where the plan asks for one, and registers what puts it back: in the
 * KubeVirt object, or, where the HyperConverged Cluster Operator keeps that, in the operator's.
 *
 * @throws EnvironmentError where there is nothing to set it in; DeadlineError where KubeVirt is not told in time
 */
export async function setEvictionStrategy(plan: Plan, cluster: Cluster, undo: UndoStack): Promise<void> {
  const wanted = plan.clusterEvictionStrategy;
  if (wanted === undefined) return;
  const { kube, clock } = cluster;
  const [kubeVirt] = await kube.list<KubeVirt>(kubeVirts);
  if (kubeVirt === undefined) throw new EnvironmentError("the cluster has no KubeVirt object; is KubeVirt installed?");
  const [hyperConverged] = await hyperConvergedOf(cluster);
  if (hyperConverged === undefined) {
    const before = kubeVirt.spec?.configuration?.evictionStrategy ?? null;
    const patch = (evictionStrategy: unknown) => ({ spec: { configuration: { evictionStrategy } } });
    await change(kubeVirts, kubeVirt, patch(wanted), patch(before));
  } else {
    const { virtualization } = hyperConverged.spec ?? {};
    const patch = (evictionStrategy: unknown) => ({ spec: { virtualization: { evictionStrategy } } });
    await change(hyperConvergeds, hyperConverged, patch(wanted), patch(virtualization?.evictionStrategy ?? null));
  }
  await waitUntil(clock, {
    what: `the cluster's eviction strategy to be ${wanted}`,
    limitMs,
    everyMs: 1_000,
    look: async () => {
      const [now] = await kube.list<KubeVirt>(kubeVirts);
      return now?.spec?.configuration?.evictionStrategy === wanted || notYet("the KubeVirt object does not say so");
    },
  });

  async function change(resource: Resource, { metadata }: KubeObject, patch: Patch, back: Patch): Promise<void> {
    const { name, namespace } = metadata;
    await undo.push({ do: "merge-patch", resource, name, ...(namespace !== undefined && { namespace }), patch: back });
    await kube.mergePatch(resource, name, namespace, patch);
  }
}

function hyperConvergedOf({ kube, description }: Cluster): Promise<HyperConverged[]> {
  return description.operators.includes("hyperconverged-cluster") ? kube.list(hyperConvergeds) : Promise.resolve([]);
}
