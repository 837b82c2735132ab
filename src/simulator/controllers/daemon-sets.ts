import { condition, type Node, type Pod } from "../../kube/objects.ts";
import { matchesNodeAffinity, type NodeSelectorTerm } from "../../kube/node-affinity.ts";
import { untolerated } from "../../kube/tolerations.ts";
import { WorkQueue } from "../controller.ts";
import { same } from "../frozen.ts";
import type { World } from "../world.ts";
import { activePods, createPodOf, deletePodOf, podFrom, type Workload } from "./workload.ts";

const resource = "daemonsets";
const component = "kube-controller-manager";
const source = "daemonset-controller";

/** Added to every daemon pod: nothing that ails a node drives it off (pkg/controller/daemon/util: AddOrUpdateDaemonPodTolerations). */
const tolerations = [
  { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/unreachable", operator: "Exists", effect: "NoExecute" },
  { key: "node.kubernetes.io/disk-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/memory-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/pid-pressure", operator: "Exists", effect: "NoSchedule" },
  { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
] as const;

/** The DaemonSet controller (pkg/controller/daemon): one pod on every node that its template fits and tolerates. */
export function startDaemonSets(world: World): void {
  const queue = new WorkQueue(world, "daemon sets", component, (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const set = world.store.get<Workload>(resource, namespace, name);
    if (set !== undefined && set.metadata.deletionTimestamp === undefined) keep(set);
  });

  world.store.subscribe(({ verb, resource: changed, object, old }) => {
    if (changed === resource && verb !== "DELETED") queue.add(keyOf(object));
    if (changed === "nodes" && (verb !== "MODIFIED" || matters(object as Node, old as Node))) {
      for (const set of world.store.list<Workload>(resource)) queue.add(keyOf(set));
    }
    if (changed !== "pods") return;
    const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === "DaemonSet");
    if (owner !== undefined && verb !== "ADDED") queue.add(`${object.metadata.namespace}/${owner.name}`);
  });

  function keep(set: Workload): void {
    const pods = Map.groupBy(world.index.podsOwnedBy(set.metadata.uid), nodeOf);
    let wanted = 0;
    for (const node of world.store.list<Node>("nodes")) {
      const here = pods.get(node.metadata.name) ?? [];
      const pod = daemonPod(set, node.metadata.name) as Pod;
      const fits = matchesNodeAffinity(pod, node);
      const taints = node.spec.taints ?? [];
      if (fits && untolerated(pod, taints, ["NoSchedule", "NoExecute"]) === undefined) {
        wanted++;
        const ended = here.filter(({ metadata, status }) => status.phase === "Failed" && !metadata.deletionTimestamp);
        for (const one of ended) deletePodOf(world, set, one, source);
        if (here.length === 0) createPodOf(world, set, source, pod.spec);
      } else if (!fits || untolerated(pod, taints, ["NoExecute"]) !== undefined) {
        for (const one of here) if (!one.metadata.deletionTimestamp) deletePodOf(world, set, one, source);
      }
    }
    report(set, wanted);
  }

  function report(set: Workload, wanted: number): void {
    const pods = activePods(world, set);
    const ready = pods.filter((pod) => condition(pod, "Ready")?.status === "True").length;
    world.store.mutate<Workload>(resource, set.metadata.namespace, set.metadata.name, (draft) => {
      draft.status = {
        ...draft.status,
        currentNumberScheduled: pods.length,
        desiredNumberScheduled: wanted,
        numberAvailable: ready,
        numberMisscheduled: 0,
        numberReady: ready,
        observedGeneration: set.metadata.generation ?? 1,
        updatedNumberScheduled: pods.length,
      };
      if (wanted > ready) draft.status["numberUnavailable"] = wanted - ready;
      else delete draft.status["numberUnavailable"];
    });
  }
}

/** The pod of a DaemonSet for that node alone, which the scheduler binds to it. */
export function daemonPod(set: Workload, node: string): ReturnType<typeof podFrom> {
  const { template } = set.spec;
  const matchFields = [{ key: "metadata.name", operator: "In", values: [node] }];
  return podFrom(set, {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields }] } },
    },
    tolerations: [...(template.spec.tolerations ?? []), ...tolerations],
  });
}

/** The node that the pod is on, or is made for. */
function nodeOf({ spec }: Pod): string {
  if (spec.nodeName !== undefined) return spec.nodeName;
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution as
    { nodeSelectorTerms?: NodeSelectorTerm[] } | undefined;
  return required?.nodeSelectorTerms?.[0]?.matchFields?.[0]?.values?.[0] ?? "";
}

function matters(now: Node, before: Node): boolean {
  return !same(now.spec.taints, before.spec.taints) || !same(now.metadata.labels, before.metadata.labels);
}

function keyOf({ metadata }: { metadata: { namespace?: string; name: string } }): string {
  return `${metadata.namespace}/${metadata.name}`;
}
