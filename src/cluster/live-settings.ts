import type { ClusterDescription, ClusterSettings } from "../experiment/plan.ts";
import { EnvironmentError } from "../errors.ts";
import type { EvictionStrategy, KubeObject, Node, Pod } from "../kube/objects.ts";
import { goSeconds } from "../kube/go-duration.ts";
import { quantityValue } from "../kube/quantity.ts";
import { kubeVirts, nodes as nodeResource, pods } from "../kube/resources.ts";
import type { KubeClient } from "./kube-client.ts";
import { readKubelet } from "./kubelet-settings.ts";
import type { Skew } from "./real-cluster.ts";

interface KubeVirt extends KubeObject {
  spec?: { configuration?: KubeVirtConfiguration };
  status?: { observedKubeVirtVersion?: string; phase?: string };
}

interface KubeVirtConfiguration {
  evictionStrategy?: EvictionStrategy;
  migrations?: {
    parallelMigrationsPerCluster?: number;
    parallelOutboundMigrationsPerNode?: number;
    progressTimeout?: number;
    completionTimeoutPerGiB?: number;
  };
}

/** Operators that meddle with recovery, by the API group that each of them serves. */
const operatorGroups: Record<string, string> = {
  "remediation.medik8s.io": "node-health-check",
  "self-node-remediation.medik8s.io": "self-node-remediation",
  "fence-agents-remediation.medik8s.io": "fence-agents-remediation",
  "hco.kubevirt.io": "hyperconverged-cluster",
};

/**
 * What a live cluster is, and the settings of it that govern recovery, under the names that the model has for them.
 * What cannot be read is the default of its version, and is named in `settings.assumed`.
 *
 * @throws EnvironmentError where there is no KubeVirt on it
 */
export async function describeCluster(
  kube: KubeClient,
  provider: "kind" | "existing",
  skew: Skew,
): Promise<ClusterDescription> {
  const [version, kubeVirt, nodes, groups, flags] = await Promise.all([
    kube.read("/version").then((text) => (JSON.parse(text) as { gitVersion: string }).gitVersion),
    findKubeVirt(kube),
    kube.list<Node>(nodeResource),
    apiGroups(kube),
    controlPlaneFlags(kube),
  ]);
  const kubelet = await readKubelet(kube, nodes);
  const configuration = kubeVirt.spec?.configuration ?? {};
  const assumed: string[] = [];
  const known = <T>(setting: string, value: T | null | undefined, otherwise: T): T => {
    if (value !== null && value !== undefined) return value;
    assumed.push(setting);
    return otherwise;
  };
  const controllerManager = flags("kube-controller-manager");
  const apiServer = flags("kube-apiserver");
  const settings: ClusterSettings = {
    nodeMonitorGracePeriodSeconds: known(
      "nodeMonitorGracePeriodSeconds",
      controllerManager && secondsOf(controllerManager["node-monitor-grace-period"], defaultGraceSeconds(version)),
      defaultGraceSeconds(version),
    ),
    unreachableTolerationSeconds: known(
      "unreachableTolerationSeconds",
      apiServer && Number(apiServer["default-unreachable-toleration-seconds"] ?? 300),
      300,
    ),
    notReadyTolerationSeconds: known(
      "notReadyTolerationSeconds",
      apiServer && Number(apiServer["default-not-ready-toleration-seconds"] ?? 300),
      300,
    ),
    // A KubeVirt resource that says nothing means these (pkg/virt-config/virt-config.go): nothing is assumed there.
    evictionStrategy: configuration.evictionStrategy ?? "None",
    parallelMigrationsPerCluster: configuration.migrations?.parallelMigrationsPerCluster ?? 5,
    parallelOutboundMigrationsPerNode: configuration.migrations?.parallelOutboundMigrationsPerNode ?? 2,
    migrationProgressTimeoutSeconds: configuration.migrations?.progressTimeout ?? 150,
    migrationCompletionSecondsPerGiB: configuration.migrations?.completionTimeoutPerGiB ?? 150,
    shutdownGracePeriodSeconds: known("shutdownGracePeriodSeconds", kubelet.shutdownGracePeriodSeconds, 0),
    evictionHardMemory: known("evictionHardMemory", kubelet.evictionHardMemory, "100Mi"),
    evictionPressureTransitionSeconds: known(
      "evictionPressureTransitionSeconds",
      kubelet.evictionPressureTransitionSeconds,
      300,
    ),
    apiServerSkewMs: skew,
    kubeVirtNamespace: kubeVirt.metadata.namespace,
  };
  const cgroup = known("cgroup", kubelet.cgroup, "v2");
  return {
    provider,
    prediction: false,
    kubernetes: version,
    kubevirt: kubeVirt.status?.observedKubeVirtVersion ?? "unknown",
    nodes: nodes.length,
    acceleration: nodes.some(hasKvm) ? "kvm" : "tcg",
    cgroup,
    settings: { ...settings, assumed },
    operators: Object.keys(operatorGroups)
      .filter((group) => groups.has(group))
      .map((group) => operatorGroups[group]!),
  };
}

async function findKubeVirt(kube: KubeClient): Promise<KubeVirt> {
  const found = await kube.list<KubeVirt>(kubeVirts).catch((error: unknown) => {
    throw new EnvironmentError(noKubeVirt, { cause: error });
  });
  if (found[0] === undefined) throw new EnvironmentError(noKubeVirt);
  return found[0];
}

const noKubeVirt =
  "the cluster has no KubeVirt; install one (https://kubevirt.io/user-guide), or let `rebound cluster up` make a cluster that has";

async function apiGroups(kube: KubeClient): Promise<Set<string>> {
  const { groups } = JSON.parse(await kube.read("/apis")) as { groups: { name: string }[] };
  return new Set(groups.map(({ name }) => name));
}

type Flags = Record<string, string>;

/** The flags that a component of the control plane was begun with; null where its pod cannot be seen, as with managed ones. */
async function controlPlaneFlags(kube: KubeClient): Promise<(component: string) => Flags | null> {
  const found = await kube.list<Pod>(pods, { namespace: "kube-system", labelSelector: "tier=control-plane" });
  return (component) => {
    const pod = found.find(({ metadata }) => metadata.labels?.["component"] === component);
    if (pod === undefined) return null;
    const words = pod.spec.containers.flatMap(({ command = [], args = [] }) => [...command, ...args]);
    const flags = words.map((word) => /^--([^=]+)=(.*)$/.exec(word)).filter((match) => match !== null);
    return Object.fromEntries(flags.map(([, name, value]) => [name!, value!]));
  };
}

/** Devices of /dev/kvm are what virt-handler offers where the machine has it. */
function hasKvm({ status }: Node): boolean {
  return quantityValue(status.allocatable?.["devices.kubevirt.io/kvm"] ?? 0) > 0;
}

/** 50 s since Kubernetes 1.32, 40 s before (pkg/controller/nodelifecycle/config). */
function defaultGraceSeconds(version: string): number {
  const minor = Number(/^v?1\.(\d+)/.exec(version)?.[1] ?? 32);
  return minor >= 32 ? 50 : 40;
}

/** A duration as Go writes it, `1m40s`; what is none is the default. */
function secondsOf(duration: string | undefined, otherwise: number): number {
  if (duration === undefined) return otherwise;
  return goSeconds(duration) ?? otherwise;
}
