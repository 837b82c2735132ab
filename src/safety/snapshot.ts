import { notYet, waitUntil } from "../clock/wait-until.ts";
import { DeadlineError } from "../clock/deadline.ts";
import { isNotFound } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { ListOptions } from "../cluster/kube-client.ts";
import {
  condition,
  type KubeObject,
  type Node,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
} from "../kube/objects.ts";
import { migrations, namespaces, nodes, virtualMachineInstances, type Resource } from "../kube/resources.ts";
import { conditionTaint } from "../remedies/taints.ts";
import { runLabel } from "./undo-journal.ts";

/** What a run might leave behind, each mark in words with its value: two snapshots that are alike show the same. */
export type Snapshot = ReadonlyMap<string, string>;
type Mark = [what: string, value: string];

type Observed = Pick<Cluster, "kube" | "clock"> & Pick<Cluster, "leftovers">;

/** How long a cluster may take to settle after all is undone, in milliseconds: nodes boot, and are looked at by the platform. */
const settleMs = 300_000;
const lookMs = 5_000;

const none: string[] = [];

/** Labels that virt-handler and the kubelet keep up to date by themselves. */
const reportedLabel = /(^|\.)(kubevirt\.io|node\.kubernetes\.io)\//;

/** Reads everything of a cluster that a run leaves as it was; VMIs and migrations are those of the namespace. */
export async function takeSnapshot({ kube, leftovers }: Observed, namespace: string): Promise<Snapshot> {
  const list = <T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<T[]> =>
    kube.list<T>(resource, options).catch((error: unknown) => {
      // A kind that the cluster does not know leaves nothing.
      if (isNotFound(error)) return [];
      throw error;
    });
  const [allNodes, vmis, moves, made, onNodes] = await Promise.all([
    list<Node>(nodes),
    list<VirtualMachineInstance>(virtualMachineInstances, { namespace }),
    list<VirtualMachineInstanceMigration>(migrations, { namespace }),
    list<KubeObject>(namespaces, { labelSelector: runLabel }),
    leftovers?.() ?? none,
  ]);
  return new Map<string, string>([
    ...allNodes.flatMap(marksOfNode),
    ...vmis.flatMap(marksOfVmi),
    ...moves.flatMap(marksOfMigration),
    ...made.map(({ metadata }) => there(`namespace ${metadata.name}`)),
    ...onNodes.map(there),
  ]);
}

function there(what: string): Mark {
  return [what, "there"];
}

function marksOfNode(node: Node): Mark[] {
  const { name, labels = {} } = node.metadata;
  const taints = (node.spec.taints ?? []).filter(({ key }) => !conditionTaint.test(key));
  return [
    there(`node ${name}`),
    [`node ${name}: Ready`, condition(node, "Ready")?.status ?? "Unknown"],
    [`node ${name}: takes VMs`, labels["kubevirt.io/schedulable"] ?? "false"],
    [`node ${name}: cordoned`, String(node.spec.unschedulable === true)],
    ...taints.map(({ key, value = "", effect }): Mark => [`node ${name}: taint ${key}`, `${value}:${effect}`]),
    ...Object.entries(labels)
      .filter(([key]) => !reportedLabel.test(key))
      .map(([key, value]): Mark => [`node ${name}: label ${key}`, value]),
  ];
}

function marksOfVmi({ metadata, status }: VirtualMachineInstance): Mark[] {
  const node = status.evacuationNodeName;
  return node ? [[`VMI ${metadata.namespace}/${metadata.name}: to be evacuated`, node]] : [];
}

function marksOfMigration({ metadata, status }: VirtualMachineInstanceMigration): Mark[] {
  const { phase } = status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return [];
  return [[`migration ${metadata.namespace}/${metadata.name}`, "unfinished"]];
}

/**
 * What is otherwise than it was, a sentence for each mark. Marks of nodes alone are missed when they are gone.
 *
 * @param touched the nodes that count, on a cluster where others work too; all where it is not given
 */
export function differences(before: Snapshot, after: Snapshot, touched?: ReadonlySet<string>): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    const node = /^node ([^:]+)/.exec(name)?.[1];
    if (was === is || (node !== undefined && touched?.has(node) === false)) return [];
    if (was === undefined) return [is === "there" ? `${name} is left` : `${name} is left (${is})`];
    if (is !== undefined) return [`${name} is ${is} (it was ${was})`];
    return node === undefined ? [] : [`${name} is gone (it was ${was})`];
  });
}

/** Where to look for what is left. */
export interface Surveyed {
  namespace: string;
  touched?: ReadonlySet<string>;
}

/** What a cluster still shows of a run once it had time to settle: nothing, if all was undone. */
export async function leftovers(before: Snapshot, cluster: Observed, at: Surveyed): Promise<string[]> {
  let left: string[] = [];
  const look = async () => {
    left = differences(before, await takeSnapshot(cluster, at.namespace), at.touched);
    return left.length === 0 || notYet(left.join("; "));
  };
  try {
    const what = "the cluster to be as it was before";
    await waitUntil(cluster.clock, { what, limitMs: settleMs, everyMs: lookMs, look });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
  }
  return left;
}
