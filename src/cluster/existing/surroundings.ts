import { readFile } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import type { KubeObject, Node, Pod, VirtualMachineInstance } from "../../kube/objects.ts";
import { namespaces, nodes as nodeResource, pods, virtualMachineInstances } from "../../kube/resources.ts";
import type { Reach } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";
import { optInLabel, type Surroundings } from "./guards.ts";

/** Pods of Rebound's own carry it, its value says what they are for. */
export const helperLabel = "rebound.dev/helper";

/** Where a pod finds the name of its namespace. */
const ownNamespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** Looks up what the guards must know before a fault of that reach. */
export async function lookAround(kube: KubeClient, { nodes, victims }: Reach): Promise<Surroundings> {
  const all = await kube.list<Node>(nodeResource);
  if (nodes.length === 0) return { nodes: all, ours: new Map(), strangers: new Map() };
  const [ours, strangers] = await Promise.all([ourNodes(kube, all), strangersOn(kube, nodes, victims)]);
  return { nodes: all, ours, strangers };
}

/** The nodes that carry Rebound itself, as a process or as a pod, or a pod of its own. */
async function ourNodes(kube: KubeClient, all: Node[]): Promise<Map<string, string>> {
  const ours = new Map<string, string>();
  const helpers = await kube.list<Pod>(pods, { labelSelector: `${helperLabel}=prober` });
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

/** VMs on these nodes that nobody offered: neither victims nor in a namespace that has opted in. */
async function strangersOn(
  kube: KubeClient,
  nodes: string[],
  victims: Reach["victims"],
): Promise<Map<string, string[]>> {
  const [offered, ...aboard] = await Promise.all([
    kube.list<KubeObject>(namespaces, { labelSelector: `${optInLabel}=true` }),
    ...nodes.map((node) =>
      kube.list<VirtualMachineInstance>(virtualMachineInstances, { labelSelector: `kubevirt.io/nodeName=${node}` }),
    ),
  ]);
  const known = new Set([
    ...offered.map(({ metadata }) => metadata.name),
    ...victims.map(({ namespace }) => namespace),
  ]);
  return new Map(
    nodes.map((node, index) => {
      const foreign = aboard[index]!.filter(({ metadata }) => !known.has(metadata.namespace!));
      return [node, foreign.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)];
    }),
  );
}
