import type { Container, KubeObject, Node, Pod, Probe, Toleration } from "../../kube/objects.ts";
import type { DisruptionBudget } from "../controllers/disruption-budgets.ts";
import { daemonPod } from "../controllers/daemon-sets.ts";
import { replicaSetOf } from "../controllers/deployments.ts";
import { podFrom, type Workload } from "../controllers/workload.ts";
import { versions } from "../settings.ts";
import type { World } from "../world.ts";
import { createAdmitted, type NewObject } from "./create.ts";
import { labelNode } from "./handler/node-labels.ts";
import { labellerContainer } from "./handlers.ts";
import { apiVersion, images, labels, namespace } from "./names.ts";

interface KubeVirtResource extends KubeObject {
  spec: object;
  status: object;
}

const controlPlaneLabel = "node-role.kubernetes.io/control-plane";

/** How many replicas virt-operator keeps of the components that have several. */
const replicas = 2;

/**
 * Installs KubeVirt as virt-operator leaves it: the KubeVirt object, the components with their pods, running, and what
 * it puts on the nodes. The namespace and the nodes must be there.
 */
export function installKubeVirt(world: World): void {
  const { store } = world;
  store.create<KubeVirtResource>("kubevirts", kubeVirt(world));
  const nodes = store.list<Node>("nodes");
  const infra = nodes.find(isControlPlane)!;
  for (const component of ["virt-api", "virt-controller", "virt-operator"]) {
    const deployment = store.create<Workload>("deployments", workload("Deployment", component, infraTolerations));
    const set = store.create<Workload>("replicasets", replicaSetOf(deployment));
    for (let count = 0; count < replicas; count++) run(world, podFrom(set), infra.metadata.name);
  }
  for (const component of ["virt-api", "virt-controller"]) {
    store.create<DisruptionBudget>("poddisruptionbudgets", budget(component));
  }
  const handlers = store.create<Workload>("daemonsets", workload("DaemonSet", "virt-handler", handlerTolerations));
  for (const node of nodes) {
    if (isControlPlane(node)) continue;
    labelNode(world, node.metadata.name);
    run(world, daemonPod(handlers, node.metadata.name), node.metadata.name);
  }
}

function isControlPlane(node: Node): boolean {
  return node.metadata.labels?.[controlPlaneLabel] !== undefined;
}

/** A pod that has been running for a while: its kubelet finds it so. */
function run(world: World, pod: NewObject<Pod>, node: string): void {
  const now = world.clock.stamp();
  const conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
  const created = createAdmitted<Pod>(world, "pods", {
    ...pod,
    spec: { ...pod.spec, nodeName: node },
    status: {
      ...pod.status,
      qosClass: "Burstable",
      phase: "Running",
      conditions: conditions.map((type) => ({ lastProbeTime: null, lastTransitionTime: now, status: "True", type })),
      startTime: now,
    },
  });
  const runtime = world.runtimes.get(node)!;
  for (const container of created.spec.containers) runtime.start(created, container);
}

const infraTolerations: Toleration[] = [
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoSchedule", key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
  { effect: "NoSchedule", key: "node-role.kubernetes.io/master", operator: "Exists" },
  { effect: "NoExecute", key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 },
  { effect: "NoExecute", key: "node.kubernetes.io/unreachable", operator: "Exists", tolerationSeconds: 300 },
];

const handlerTolerations: Toleration[] = [{ key: "CriticalAddonsOnly", operator: "Exists" }];

/** What a kubelet asks of each component (virt-operator/resource/generate/components: deployments.go, daemonsets.go). */
const probes: Record<string, Pick<Container, "livenessProbe" | "readinessProbe">> = {
  "virt-api": { readinessProbe: asks("/apis/subresources.kubevirt.io/v1/healthz", 10, 1) },
  "virt-controller": {
    livenessProbe: { ...asks("/healthz", 10, 10), failureThreshold: 8 },
    readinessProbe: asks("/leader", 10, 10),
  },
  "virt-handler": { livenessProbe: asks("/healthz", 45, 10), readinessProbe: asks("/healthz", 20, 10) },
};

function asks(path: string, periodSeconds: number, timeoutSeconds: number): Probe {
  return { httpGet: { path, port: 8443, scheme: "HTTPS" }, initialDelaySeconds: 15, periodSeconds, timeoutSeconds };
}

/** Asks the node's libvirt for its CPUs and machine types, each time before virt-handler starts. */
const nodeLabeller = {
  name: labellerContainer,
  image: images.launcher,
  command: ["/bin/sh", "-c"],
  args: ["node-labeller.sh"],
  resources: {},
};

const memoryRequests: Record<string, string> = {
  "virt-api": "500Mi",
  "virt-controller": "275Mi",
  "virt-handler": "325Mi",
  "virt-operator": "450Mi",
};

/** virt-operator's infrastructure runs on the control plane, virt-handler beside the VMs. */
function workload(kind: "Deployment" | "DaemonSet", component: string, tolerations: Toleration[]): NewObject<Workload> {
  const componentLabels = {
    "app.kubernetes.io/component": "kubevirt",
    "app.kubernetes.io/managed-by": "virt-operator",
    "app.kubernetes.io/version": versions.kubevirt,
    [labels.app]: component,
  };
  const onControlPlane = {
    nodeSelectorTerms: [{ matchExpressions: [{ key: controlPlaneLabel, operator: "Exists" }] }],
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: component, namespace, labels: componentLabels },
    spec: {
      ...(kind === "Deployment" && { replicas }),
      selector: { matchLabels: { [labels.app]: component } },
      template: {
        metadata: { labels: { ...componentLabels, "prometheus.kubevirt.io": "true" } },
        spec: {
          ...(kind === "Deployment" && {
            affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: onControlPlane } },
          }),
          ...(component === "virt-handler" && { initContainers: [nodeLabeller] }),
          containers: [
            {
              name: component,
              image: images.component(component),
              ...probes[component],
              resources: {
                requests: { cpu: component === "virt-api" ? "5m" : "10m", memory: memoryRequests[component]! },
              },
            },
          ],
          nodeSelector: { "kubernetes.io/os": "linux" },
          priority: 1_000_000_000,
          priorityClassName: "kubevirt-cluster-critical",
          restartPolicy: "Always",
          // virt-handler waits for migrations under way when it is told to end.
          terminationGracePeriodSeconds: component === "virt-handler" ? 330 : 30,
          tolerations,
        },
      },
    },
  };
}

/** All but one of a component's replicas may be evicted at once. */
function budget(component: string): NewObject<DisruptionBudget> {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: {
      name: `${component}-pdb`,
      namespace,
      labels: { "app.kubernetes.io/component": "kubevirt", [labels.app]: `${component}-pdb` },
    },
    spec: { minAvailable: replicas - 1, selector: { matchLabels: { [labels.app]: component } } },
  };
}

function kubeVirt(world: World): NewObject<KubeVirtResource> {
  const { settings, clock } = world;
  const now = clock.stamp();
  const condition = (type: string, status: "True" | "False", reason: string, message: string): object => ({
    lastProbeTime: now,
    lastTransitionTime: now,
    message,
    reason,
    status,
    type,
  });
  const ready = ["AllComponentsReady", "All components are ready."] as const;
  return {
    apiVersion,
    kind: "KubeVirt",
    metadata: { name: "kubevirt", namespace, finalizers: ["kubevirt.io/foregroundDeleteKubeVirt"] },
    spec: {
      certificateRotateStrategy: {},
      configuration: {
        ...(settings.emulation && { developerConfiguration: { useEmulation: true } }),
        evictionStrategy: settings.evictionStrategy,
        migrations: {
          parallelMigrationsPerCluster: settings.parallelMigrationsPerCluster,
          parallelOutboundMigrationsPerNode: settings.parallelOutboundMigrationsPerNode,
        },
      },
      customizeComponents: {},
      imagePullPolicy: "IfNotPresent",
      infra: { replicas },
      workloadUpdateStrategy: {},
    },
    status: {
      conditions: [
        condition("Available", "True", ...ready),
        condition("Progressing", "False", ...ready),
        condition("Degraded", "False", ...ready),
        condition("Created", "True", "AllResourcesCreated", "All resources were created."),
      ],
      defaultArchitecture: "amd64",
      observedKubeVirtVersion: versions.kubevirt,
      operatorVersion: versions.kubevirt,
      phase: "Deployed",
      targetKubeVirtVersion: versions.kubevirt,
    },
  };
}
