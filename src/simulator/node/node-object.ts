import type { Condition, Node } from "../../kube/objects.ts";
import { versions } from "../settings.ts";
import type { SimulatedMachine } from "./machine.ts";

/** What kind of machine a node is; fixed for its life. */
export interface NodeProfile {
  name: string;
  controlPlane: boolean;
  /** Distinguishes its addresses from those of the others. */
  index: number;
  cpus: number;
  memoryBytes: number;
  machineId: string;
  labels: Record<string, string>;
}

/** Kept free for the system before pods are evicted (pkg/kubelet: evictionHard memory.available). */
const evictionHardBytes = 100 * 2 ** 20;

export function hostIpOf({ index }: NodeProfile): string {
  return `172.18.${Math.floor((index + 2) / 256)}.${(index + 2) % 256}`;
}

/** The first two and a half bytes of the node's pod network. */
export function podNetworkOf({ index }: NodeProfile): string {
  return `10.${244 + Math.floor(index / 256)}.${index % 256}`;
}

/** A Node as its kubelet registers it; one that is not ready yet is tainted by admission (plugin/pkg/admission/nodetaint). */
export function newNode(
  profile: NodeProfile,
  machine: SimulatedMachine,
  bootId: string,
  now: string,
  notReady?: string,
): Omit<Node, "metadata"> & { metadata: Partial<Node["metadata"]> } {
  const { name, controlPlane } = profile;
  const effect = "NoSchedule" as const;
  const taints = [
    ...(controlPlane ? [{ key: "node-role.kubernetes.io/control-plane", effect }] : []),
    ...(notReady !== undefined ? [{ key: "node.kubernetes.io/not-ready", effect }] : []),
  ];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        ...(controlPlane && {
          "node-role.kubernetes.io/control-plane": "",
          "node.kubernetes.io/exclude-from-external-load-balancers": "",
        }),
        ...profile.labels,
      },
      annotations: {
        "node.alpha.kubernetes.io/ttl": "0",
        "volumes.kubernetes.io/controller-managed-attach-detach": "true",
      },
    },
    spec: {
      podCIDR: `${podNetworkOf(profile)}.0/24`,
      ...(taints.length > 0 && { taints }),
    },
    status: {
      ...nodeResources(profile, machine),
      conditions: nodeConditions([], now, notReady, false),
      ...nodeFacts(profile, bootId),
    },
  };
}

/** Capacity and allocatable, with the devices that are registered at this time. */
export function nodeResources(
  profile: NodeProfile,
  machine: SimulatedMachine,
): Pick<Node["status"], "capacity" | "allocatable"> {
  const devices = Object.fromEntries(
    [...machine.devices].map(([name, count]) => [name, count >= 1000 ? `${count / 1000}k` : String(count)]),
  );
  const capacity = {
    cpu: String(profile.cpus),
    "ephemeral-storage": "263174212Ki",
    "hugepages-1Gi": "0",
    "hugepages-2Mi": "0",
    memory: `${profile.memoryBytes / 1024}Ki`,
    pods: "110",
    ...devices,
  };
  return { capacity, allocatable: { ...capacity, memory: `${(profile.memoryBytes - evictionHardBytes) / 1024}Ki` } };
}

export function nodeFacts(profile: NodeProfile, bootId: string): Pick<Node["status"], "addresses" | "nodeInfo"> {
  return {
    addresses: [
      { type: "InternalIP", address: hostIpOf(profile) },
      { type: "Hostname", address: profile.name },
    ],
    nodeInfo: {
      machineID: profile.machineId.replaceAll("-", ""),
      systemUUID: profile.machineId,
      bootID: bootId,
      kernelVersion: "6.12.41",
      osImage: "Debian GNU/Linux 12 (bookworm)",
      containerRuntimeVersion: "containerd://2.1.9",
      kubeletVersion: versions.kubernetes,
      kubeProxyVersion: "",
      operatingSystem: "linux",
      architecture: "amd64",
    },
  };
}

const healthy: Condition[] = [
  {
    type: "MemoryPressure",
    status: "False",
    reason: "KubeletHasSufficientMemory",
    message: "kubelet has sufficient memory available",
  },
  {
    type: "DiskPressure",
    status: "False",
    reason: "KubeletHasNoDiskPressure",
    message: "kubelet has no disk pressure",
  },
  {
    type: "PIDPressure",
    status: "False",
    reason: "KubeletHasSufficientPID",
    message: "kubelet has sufficient PID available",
  },
  { type: "Ready", status: "True", reason: "KubeletReady", message: "kubelet is posting ready status" },
];

const shortOfMemory: Condition = {
  type: "MemoryPressure",
  status: "True",
  reason: "KubeletHasInsufficientMemory",
  message: "kubelet has insufficient memory available",
};

/** The conditions of a node whose kubelet is well, or not ready for the reason given, or short of memory. */
export function nodeConditions(
  before: Condition[],
  now: string,
  notReady: string | undefined,
  memoryPressure: boolean,
): Condition[] {
  return healthy.map((well) => {
    let condition = well;
    if (well.type === "MemoryPressure" && memoryPressure) condition = shortOfMemory;
    if (well.type === "Ready" && notReady !== undefined) {
      condition = { type: "Ready", status: "False", reason: "KubeletNotReady", message: notReady };
    }
    const old = before.find(({ type }) => type === condition.type);
    const lastTransitionTime = old?.status === condition.status ? (old.lastTransitionTime ?? now) : now;
    return { ...condition, lastHeartbeatTime: now, lastTransitionTime };
  });
}
