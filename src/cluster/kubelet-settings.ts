import { goSeconds } from "../kube/go-duration.ts";
import type { Node } from "../kube/objects.ts";
import type { KubeClient } from "./kube-client.ts";

/** What a kubelet says of itself; null where it cannot be asked. */
export interface KubeletSettings {
  /** Less memory than this left, as it counts it, makes it evict; a quantity or a percentage, `none` where it never does. */
  evictionHardMemory: string | null;
  evictionPressureTransitionSeconds: number | null;
  shutdownGracePeriodSeconds: number | null;
  cgroup: "v1" | "v2" | null;
}

interface Configz {
  kubeletconfig: {
    evictionHard?: Record<string, string>;
    evictionPressureTransitionPeriod?: string;
    shutdownGracePeriod?: string;
  };
}

/** Asks the kubelet of a ready worker, through the API server, for the configuration that it runs with. */
export async function readKubelet(kube: KubeClient, nodes: Node[]): Promise<KubeletSettings> {
  const node = nodes.filter(isReady).sort((a, b) => Number(isControlPlane(a)) - Number(isControlPlane(b)))[0];
  if (node === undefined) return unknown;
  const { name } = node.metadata;
  const [configz, metrics] = await Promise.all([ask(kube, name, "configz"), ask(kube, name, "metrics")]);
  return { ...(configz === null ? unknown : ofConfigz(JSON.parse(configz) as Configz)), cgroup: cgroupOf(metrics) };
}

const unknown: KubeletSettings = {
  evictionHardMemory: null,
  evictionPressureTransitionSeconds: null,
  shutdownGracePeriodSeconds: null,
  cgroup: null,
};

/** What one kubelet answers at that path of its own; null where it, or who asks, may not. */
export async function ask(kube: KubeClient, node: string, path: string): Promise<string | null> {
  return kube.read(`/api/v1/nodes/${node}/proxy/${path}`).catch(() => null);
}

function ofConfigz({ kubeletconfig: config }: Configz): Omit<KubeletSettings, "cgroup"> {
  return {
    // A map without it replaces the default: then nothing is evicted for want of memory.
    evictionHardMemory: config.evictionHard?.["memory.available"] ?? "none",
    evictionPressureTransitionSeconds: goSeconds(config.evictionPressureTransitionPeriod ?? "5m"),
    shutdownGracePeriodSeconds: goSeconds(config.shutdownGracePeriod ?? "0"),
  };
}

/** Kubelets count it since Kubernetes 1.31: `kubelet_cgroup_version 2`. */
function cgroupOf(metrics: string | null): "v1" | "v2" | null {
  const version = /^kubelet_cgroup_version ([12])$/m.exec(metrics ?? "")?.[1];
  return version === undefined ? null : version === "1" ? "v1" : "v2";
}

function isReady({ status }: Node): boolean {
  return status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
}

function isControlPlane({ metadata }: Node): boolean {
  return "node-role.kubernetes.io/control-plane" in (metadata.labels ?? {});
}
