import type { Clock } from "../../clock/clock.ts";
import { messageOf } from "../../errors.ts";
import { condition, type Condition, type KubeObject, type Node } from "../../kube/objects.ts";
import { kubeVirts, nodes as nodeResource } from "../../kube/resources.ts";
import { ApiError } from "../api-error.ts";
import type { KubeClient } from "../kube-client.ts";
import { connect, loadKubeConfig } from "../real-cluster.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { kindCli } from "./kind-cli.ts";
import { NodeContainers, type NodeContainer } from "./node-container.ts";

/** A kind cluster as its container engine and its API server see it. */
export interface ClusterStatus {
  name: string;
  /** `ready` by the API server; null where it does not say. */
  nodes: (NodeContainer & { ready: boolean | null })[];
  /** Why nothing can be said of what runs on the nodes; null where the API server answers. */
  silent: string | null;
  /** Null where there is none, or nothing can be said of it. */
  kubevirt: { version: string; phase: string; available: boolean } | null;
}

interface KubeVirt extends KubeObject {
  status?: { observedKubeVirtVersion?: string; phase?: string; conditions?: Condition[] };
}

/** What there is of a cluster; no nodes where there is none. @throws EnvironmentError where the engine does not answer */
export async function clusterStatus(runtime: ContainerRuntime, name: string, clock: Clock): Promise<ClusterStatus> {
  const containers = await new NodeContainers(runtime, name).list();
  const unsaid = { name, nodes: containers.map((node) => ({ ...node, ready: null })), kubevirt: null };
  if (containers.length === 0) return { ...unsaid, silent: "there is no such cluster" };
  try {
    const kubeconfig = await kindCli(clock).kubeconfig(name);
    await using connection = await connect(await loadKubeConfig({ kubeconfig }), clock);
    const { kube } = connection;
    const [nodes, kubevirt] = await Promise.all([kube.list<Node>(nodeResource), findKubeVirt(kube)]);
    const isReady = (of: string): boolean | null => {
      const node = nodes.find(({ metadata }) => metadata.name === of);
      return node === undefined ? null : condition(node, "Ready")?.status === "True";
    };
    return { name, nodes: containers.map((node) => ({ ...node, ready: isReady(node.name) })), silent: null, kubevirt };
  } catch (error) {
    return { ...unsaid, silent: messageOf(error) };
  }
}

/** Whether all of it is there, and at work. */
export function isWhole({ nodes, silent, kubevirt }: ClusterStatus): boolean {
  return silent === null && nodes.every(({ ready }) => ready === true) && kubevirt?.available !== false;
}

async function findKubeVirt(kube: KubeClient): Promise<ClusterStatus["kubevirt"]> {
  const [found] = await kube.list<KubeVirt>(kubeVirts).catch((error: unknown) => {
    // Its resources are not served where it was not installed.
    if (error instanceof ApiError && error.code === 404) return [];
    throw error;
  });
  if (found === undefined) return null;
  const { observedKubeVirtVersion: version = "unknown", phase = "unknown" } = found.status ?? {};
  return { version, phase, available: condition(found, "Available")?.status === "True" };
}
