import type { KubeObject, Node, Pod, Toleration } from "../../kube/objects.ts";
import { versions } from "../settings.ts";
import type { World } from "../world.ts";
import type { NewObject } from "./create.ts";
import { labelNode } from "./handler/node-labels.ts";
import { apiVersion, images, labels, namespace } from "./names.ts";

interface KubeVirtResource extends KubeObject {
  spec: object;
  status: object;
}

/** How many replicas virt-operator keeps of the components that have several. */
const replicas = 2;

/**
 * Installs KubeVirt as virt-operator leaves it: the KubeVirt object, the components' pods, running, and what it puts
 * on the nodes. The namespace and the nodes must be there.
 */
export function installKubeVirt(world: World): void {
  const { store } = world;
  store.create<KubeVirtResource>("kubevirts", kubeVirt(world));
  const nodes = store.list<Node>("nodes");
  const infra = nodes.find(isControlPlane) ?? nodes[0];
  for (const component of infra === undefined ? [] : ["virt-api", "virt-controller", "virt-operator"]) {
    for (let count = 0; count < replicas; count++) {
      run(world, deploymentPod(world, component, infra!.metadata.name));
    }
  }
  for (const node of nodes) {
    if (isControlPlane(node)) continue;
    labelNode(world, node.metadata.name);
    run(world, handlerPod(node.metadata.name));
  }
}

export function isControlPlane(node: Node): boolean {
  return node.metadata.labels?.["node-role.kubernetes.io/control-plane"] !== undefined;
}

/** A pod that has been running for a while: its kubelet finds it so. */
function run(world: World, pod: NewObject<Pod>): void {
  const now = world.clock.stamp();
  const conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];
  const created = world.store.create<Pod>("pods", {
    ...pod,
    status: {
      ...pod.status,
      phase: "Running",
      conditions: conditions.map((type) => ({ lastProbeTime: null, lastTransitionTime: now, status: "True", type })),
      startTime: now,
    },
  });
  const runtime = world.runtimes.get(pod.spec.nodeName!)!;
  for (const container of created.spec.containers) runtime.start(created, container);
}

const infraTolerations: Toleration[] = [
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoSchedule", key: "node-role.kubernetes.io/control-plane", operator: "Exists" },
  { effect: "NoSchedule", key: "node-role.kubernetes.io/master", operator: "Exists" },
  { effect: "NoExecute", key: "node.kubernetes.io/not-ready", operator: "Exists", tolerationSeconds: 300 },
  { effect: "NoExecute", key: "node.kubernetes.io/unreachable", operator: "Exists", tolerationSeconds: 300 },
];

/** As the DaemonSet controller gives its pods: nothing drives virt-handler off its node. */
const daemonTolerations: Toleration[] = [
  { key: "CriticalAddonsOnly", operator: "Exists" },
  { effect: "NoExecute", key: "node.kubernetes.io/not-ready", operator: "Exists" },
  { effect: "NoExecute", key: "node.kubernetes.io/unreachable", operator: "Exists" },
  { effect: "NoSchedule", key: "node.kubernetes.io/disk-pressure", operator: "Exists" },
  { effect: "NoSchedule", key: "node.kubernetes.io/memory-pressure", operator: "Exists" },
  { effect: "NoSchedule", key: "node.kubernetes.io/pid-pressure", operator: "Exists" },
  { effect: "NoSchedule", key: "node.kubernetes.io/unschedulable", operator: "Exists" },
];

function deploymentPod(world: World, component: string, node: string): NewObject<Pod> {
  const hash = world.random.uuid(component, "pod template hash").replaceAll("-", "").slice(0, 10);
  return componentPod(component, node, `${component}-${hash}-`, infraTolerations, { "pod-template-hash": hash });
}

/** The pod of the virt-handler DaemonSet on that node. */
export function handlerPod(node: string): NewObject<Pod> {
  return componentPod("virt-handler", node, "virt-handler-", daemonTolerations, { "pod-template-generation": "1" });
}

function componentPod(
  component: string,
  node: string,
  generateName: string,
  tolerations: Toleration[],
  extraLabels: Record<string, string>,
): NewObject<Pod> {
  const memory = { "virt-api": "500Mi", "virt-controller": "275Mi", "virt-handler": "325Mi" }[component] ?? "450Mi";
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName,
      namespace,
      labels: {
        "app.kubernetes.io/component": "kubevirt",
        "app.kubernetes.io/managed-by": "virt-operator",
        "app.kubernetes.io/version": versions.kubevirt,
        [labels.app]: component,
        "prometheus.kubevirt.io": "true",
        ...extraLabels,
      },
    },
    spec: {
      nodeName: node,
      containers: [
        {
          name: component,
          image: images.component(component),
          resources: { requests: { cpu: component === "virt-api" ? "5m" : "10m", memory } },
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
    status: { qosClass: "Burstable" },
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
