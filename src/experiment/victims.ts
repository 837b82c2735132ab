import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import type { Victim } from "../faults/fault.ts";
import { nodesOf } from "../faults/hit.ts";
import type { Node, Pod, VirtualMachineInstance } from "../kube/objects.ts";
import { nodes, pods, virtualMachineInstances } from "../kube/resources.ts";
import { kubeVirtNamespaceOf, type Plan, type PlannedVariant } from "./plan.ts";

/** The VMIs of a variant that are there now: one of a VM or a bare VMI, several of a replica set. */
export function vmisOf(variant: PlannedVariant, vmis: VirtualMachineInstance[]): VirtualMachineInstance[] {
  if (variant.kind === "VirtualMachineInstanceReplicaSet") {
    return vmis.filter(({ metadata: { ownerReferences = [] } }) =>
      ownerReferences.some(({ kind, name }) => kind === variant.kind && name === variant.name),
    );
  }
  return vmis.filter((vmi) => vmi.metadata.name === variant.name);
}

/** Every VMI that the fault is to hit, as it stands now. */
export async function findVictims(plan: Plan, { kube }: Pick<Cluster, "kube">): Promise<Victim[]> {
  const vmis = await kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace: plan.namespace });
  return plan.variants
    .filter((variant) => variant.role === "victim" && variant.skip === null)
    .flatMap((variant) =>
      vmisOf(variant, vmis).flatMap((vmi) => {
        const { name, uid } = vmi.metadata;
        const node = vmi.status.nodeName;
        return node === undefined ? [] : [{ variant, vmi: { namespace: plan.namespace, name, uid }, node }];
      }),
    );
}

/**
 * The nodes that may carry the victims of a node's loss, the best first: ready, schedulable workers that may be broken,
 * by how few pods of KubeVirt's own control plane they have, whose loss would be a second fault.
 *
 * @throws EnvironmentError where there is none
 */
export async function chooseNodes({ kube, description, refuses }: Cluster): Promise<string[]> {
  const all = await kube.list<Node>(nodes);
  const workers = all.filter(isSchedulableWorker).map((node) => node.metadata.name);
  const controlPlane = await kube.list<Pod>(pods, {
    namespace: kubeVirtNamespaceOf(description),
    labelSelector: "kubevirt.io in (virt-api,virt-controller,virt-operator)",
  });
  const load = (node: string) => controlPlane.filter((pod) => pod.spec.nodeName === node).length;
  workers.sort((a, b) => load(a) - load(b) || a.localeCompare(b));
  const allowed: string[] = [];
  const refusals: string[] = [];
  for (const node of workers) {
    const refusal = (await refuses?.({ nodes: [node], victims: [] })) ?? null;
    if (refusal === null) allowed.push(node);
    else refusals.push(refusal);
  }
  if (allowed.length > 0) return allowed;
  const why = refusals.length === 0 ? "" : ` that may be broken (${refusals.join("; ")})`;
  throw new EnvironmentError(`there is no ready, schedulable worker${why}`);
}

function isSchedulableWorker(node: Node): boolean {
  return takesVms(node) && !("node-role.kubernetes.io/control-plane" in (node.metadata.labels ?? {}));
}

/** Whether a VM that tolerates nothing may be put there now. */
export function takesVms({ metadata, spec, status }: Node): boolean {
  const isReady = status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
  const repels = (spec.taints ?? []).some((taint) => taint.effect !== "PreferNoSchedule");
  return isReady && !repels && spec.unschedulable !== true && metadata.labels?.["kubevirt.io/schedulable"] === "true";
}

/** Why these victims may not be broken as planned, in one sentence; null where they may. */
export async function whyNotAllowed(plan: Plan, victims: Victim[], { refuses }: Cluster): Promise<string | null> {
  const reach = { nodes: reachesNodes(plan) ? nodesOf(victims) : [], victims: victims.map(({ vmi }) => vmi) };
  return (await refuses?.(reach)) ?? null;
}

/** Whether it disturbs whole nodes, by its fault or by what is done after. */
export function reachesNodes({ fault, remedies }: Plan): boolean {
  return [fault, ...remedies].some(({ scope }) => scope === "node");
}

/** The nodes that are going to be disturbed: the chosen one, or those that carry what runs already. */
export async function doomedNodes(plan: Plan, cluster: Cluster, chosen: string | null): Promise<string[]> {
  if (!reachesNodes(plan)) return [];
  return chosen === null ? nodesOf(await findVictims(plan, cluster)) : [chosen];
}
