import type { Cluster } from "../cluster/cluster.ts";
import { notYet, waitUntil } from "../clock/wait-until.ts";
import type { Fault, Victim } from "../faults/fault.ts";
import type { KubeObject, Node, Taint } from "../kube/objects.ts";
import { nodes } from "../kube/resources.ts";
import { changeTaints } from "../remedies/taints.ts";
import { runLabel } from "./undo-journal.ts";
import { budgetMs, type UndoStep } from "./undo-step.ts";

type Step<Do extends UndoStep["do"]> = Extract<UndoStep, { do: Do }>;

/** Finds the fault that a step reverts; rejects, with how to mend it, where there is none. */
export type FindFault = (step: Step<"revert-fault">) => Promise<Fault>;

/** Does one step. It may be done at any time and again. */
export async function putBack(
  step: UndoStep,
  cluster: Cluster,
  run: string,
  findFault: FindFault,
  signal: AbortSignal,
): Promise<void> {
  switch (step.do) {
    case "delete":
      return deleteOwn(step, cluster, run, signal);
    case "remove-taint":
      return changeTaints(cluster, step.node, (taints) => taints.filter(({ key }) => key !== step.key));
    case "register-node":
      return registerNode(step, cluster);
    case "merge-patch":
      return patchBack(step, cluster);
    case "revert-fault":
      // It was a victim when it was written down, and what of it a revert needs was read back.
      return (await findFault(step)).revert(cluster, step.victims as unknown as Victim[]);
  }
}

/** Deletes what the run made and nothing else of that name. */
async function deleteOwn(step: Step<"delete">, { kube, clock }: Cluster, run: string, signal: AbortSignal) {
  const { resource, name, namespace } = step;
  const find = () => kube.get<KubeObject>(resource, name, namespace);
  const found = await find();
  if (found?.metadata.labels?.[runLabel] !== run) return;
  if (found.metadata.deletionTimestamp === undefined) await kube.delete(resource, name, namespace);
  await waitUntil(clock, {
    what: `${resource.kind.toLowerCase()} ${name} to be gone`,
    limitMs: budgetMs(step),
    everyMs: 1_000,
    signal,
    look: async () => {
      const left = await find();
      return left === null || left.metadata.uid !== found.metadata.uid || notYet("it is still there");
    },
  });
}

async function patchBack({ resource, name, namespace, patch }: Step<"merge-patch">, { kube }: Cluster): Promise<void> {
  if ((await kube.get(resource, name, namespace)) !== null) await kube.mergePatch(resource, name, namespace, patch);
}

/** What its kubelet, or anybody, has said since is newer, and stays. */
async function registerNode(step: Step<"register-node">, cluster: Cluster): Promise<void> {
  const { node: name, taints, unschedulable } = step;
  const { kube } = cluster;
  const { metadata } =
    (await kube.get<Node>(nodes, name)) ??
    (await kube.create<Node>({ apiVersion: "v1", kind: "Node", metadata: { name } }));
  await kube.mergePatch(nodes, name, undefined, {
    metadata: {
      labels: { ...step.labels, ...metadata.labels },
      annotations: { ...step.annotations, ...metadata.annotations },
    },
    ...(unschedulable && { spec: { unschedulable } }),
  });
  const lacking = (present: Taint[]) => (taint: { key: string }) => present.every(({ key }) => key !== taint.key);
  await changeTaints(cluster, name, (present) => [...present, ...(taints as Taint[]).filter(lacking(present))]);
}
