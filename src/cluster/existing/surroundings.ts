import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import type { KubeObject, Node, Pod, VirtualMachineInstance } from "../../kube/objects.ts";
import { namespaces, nodes as nodeResource, pods, virtualMachineInstances } from "../../kube/resources.ts";
import { home } from "../../safety/cluster-lease.ts";
import { runLabel } from "../../safety/undo-journal.ts";
import type { Reach } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";
import { optInLabel, type Surroundings } from "./guards.ts";

/** Pods of Rebound's own carry it, its value says what they are for. */
export const helperLabel = "rebound.dev/helper";

/** Where a pod finds the name of its namespace. */
const ownNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** Looks up what the guards must know before a fault of that reach. */
export async function lookAround(kube: KubeClient, { nodes, victims }: Reach): Promise<Surroundings> {
  const all = await kube.list<KubeObject>(namespaces);
  const offered = new Set(all.filter(isOffered).map(({ metadata }) => metadata.name));
  const there = new Set(all.map(({ metadata }) => metadata.name));
  // One that is not there yet will be Rebound's own.
  const unasked = [...new Set(victims.map(({ namespace }) => namespace))].filter(
    (name) => there.has(name) && !offered.has(name),
  );
  if (nodes.length === 0) return { unasked, nodes: [], ours: new Map(), strangers: new Map() };
  const everyNode = await kube.list<Node>(nodeResource);
  const [ours, strangers] = await Promise.all([ourNodes(kube, everyNode), strangersOn(kube, nodes, offered)]);
  return { unasked, nodes: everyNode, ours, strangers };
}

/** The nodes that carry Rebound itself, as a process or as a pod, or a pod of its own. */
async function ourNodes(kube: KubeClient, all: Node[]): Promise<Map<string, string>> {
  const ours = new Map<string, string>();
  const helpers = await kube.list<Pod>(pods, { namespace: home, labelSelector: `${helperLabel}=prober` });
  for (const { spec } of helpers) if (spec.nodeName !== undefined) ours.set(spec.nodeName, "the prober");
  const addresses = new Set(
    Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map((one) => one.address)),
  );
  const isHere = ({ metadata, status }: Node): boolean =>
    metadata.name === hostname() || (status.addresses ?? []).some(({ address }) => addresses.has(address));
  for (const node of all.filter(isHere)) ours.set(node.metadata.name, "Rebound itself");
  const namespace = await readFile(ownNamespaceFile, "utf8").catch(() => null);
  const own = namespace === null ? null : await kube.get<Pod>(pods, hostname(), namespace.trim()).catch(() => null);
  if (own?.spec.nodeName !== undefined) ours.set(own.spec.nodeName, "Rebound itself");
  return ours;
}

/** Whether a namespace's VMs may be broken: it has opted in, or Rebound made it. */
function isOffered({ metadata: { labels = {} } }: KubeObject): boolean {
  return labels[optInLabel] === "true" || runLabel in labels;
}

/** VMs on these nodes that nobody offered, by node. */
async function strangersOn(
  kube: KubeClient,
  nodes: string[],
  offered: ReadonlySet<string>,
): Promise<Map<string, string[]>> {
  const onEach = nodes.map(async (node): Promise<[string, string[]]> => {
    const labelSelector = `kubevirt.io/nodeName=${node}`;
    const aboard = await kube.list<VirtualMachineInstance>(virtualMachineInstances, { labelSelector });
    const foreign = aboard.filter(({ metadata }) => !offered.has(metadata.namespace!));
    return [node, foreign.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)];
  });
  return new Map(await Promise.all(onEach));
}
