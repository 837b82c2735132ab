import { may, mayCall, mayWith, type Permission } from "../kube/permission.ts";
import { hyperConvergeds, kubeVirts, namespaces, pods, virtualMachines, watchedFor } from "../kube/resources.ts";
import { resourceOf } from "../workload/resource-of.ts";
import { kubeVirtNamespaceOf } from "./plan.ts";
import type { Prepared } from "./prepare.ts";

/** What an experiment asks of the API server by itself, whatever cluster it runs on: its hands' own needs are the cluster's. */
export function needsOf({ plan, fault, remedies }: Prepared): Permission[] {
  if (plan.skip !== null) return [];
  const kubeVirt = { namespace: kubeVirtNamespaceOf(plan.cluster) };
  return [
    ...watchedFor("", kubeVirt.namespace).map(({ resource, namespace }) =>
      may(["list", "watch"], resource, namespace === kubeVirt.namespace ? kubeVirt : undefined),
    ),
    ...["experiment" as const, kubeVirt].map((place) => mayWith(["get"], pods, "log", place)),
    may(["list"], namespaces),
    ...(plan.live === true ? [] : deployNeeds(plan)),
    ...(fault.asks ?? []),
    ...remedies.flatMap(({ asks = [] }) => asks),
  ];
}

function deployNeeds(plan: Prepared["plan"]): Permission[] {
  const deployed = plan.variants.filter(({ skip }) => skip === null);
  const resources = deployed.flatMap(({ manifests }) => manifests).map(resourceOf);
  return [
    may(["create", "get", "delete"], namespaces),
    ...resources.map((resource) => may(["create"], resource)),
    // What lies in no namespace does not go with it.
    ...resources.filter(({ namespaced }) => !namespaced).map((resource) => may(["get", "delete"], resource)),
    ...(deployed.some(({ runStrategy }) => runStrategy === "Manual") ? [mayCall(virtualMachines, "start")] : []),
    ...(plan.clusterEvictionStrategy === undefined ? [] : [may(["list", "get", "patch"], kubeVirts, "everywhere")]),
    ...(plan.clusterEvictionStrategy !== undefined && plan.cluster.operators.includes("hyperconverged-cluster")
      ? [may(["list", "get", "patch"], hyperConvergeds, "everywhere")]
      : []),
  ];
}
