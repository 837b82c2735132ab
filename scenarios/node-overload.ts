import { bystander, experiment, nodePressure, pinned, vm, type Variant, type VmOptions } from "rebound";

/** On the same node, so that it might be evicted instead. */
const beside = (variant: Variant) => pinned(bystander(variant));

/** It uses less of what it requests than the others do, so that it is evicted last. */
const modest = beside(vm("modest", { resources: { requests: { memory: "1Gi" } } }));

/** Uses more than it requests. */
const greedy = { memory: "512Mi", resources: { requests: { memory: "128Mi" } } } satisfies VmOptions;
/** Uses more than it requests, and less so. */
const lessGreedy = { memory: "512Mi", resources: { requests: { memory: "256Mi" } } } satisfies VmOptions;
/** Never uses as much as it requests. */
const frugal = { memory: "128Mi", resources: { requests: { memory: "512Mi" } } } satisfies VmOptions;
/** The same, with nothing above it: its QoS class is Guaranteed. */
const guaranteed = {
  memory: "128Mi",
  resources: { requests: { memory: "512Mi", cpu: "100m" }, limits: { memory: "512Mi", cpu: "100m" } },
} satisfies VmOptions;
const important = { priorityClassName: "kubevirt-cluster-critical" } satisfies VmOptions;

/**
 * Practice "Node overload": with the eviction strategy LiveMigrate the kubelet is said to evict a VM by live migration.
 * It kills it instead, without asking anybody; what is meant to run starts again on another node, from cold. Whom
 * it kills first is a matter of what each uses over its request, then of priority; the QoS class follows from the first.
 */
export default [
  ...(["Always", "RerunOnFailure", "Manual", "Once"] as const).map((runStrategy) =>
    experiment({
      id: `node-pressure-${runStrategy.toLowerCase()}`,
      title: `A VM under ${runStrategy} on an overloaded node is killed and not migrated, whatever its eviction strategy`,
      practices: ["run-strategy", "accident-recovery", "node-overload"],
      fault: nodePressure(),
      variants: [vm("evicted", { runStrategy, evictionStrategy: "LiveMigrate" }), modest],
    }),
  ),
  experiment({
    id: "node-pressure-none",
    title: "A VM with the eviction strategy None is evicted by its kubelet as one with LiveMigrate is",
    practices: ["run-strategy", "accident-recovery"],
    fault: nodePressure(),
    variants: [vm("evicted", { evictionStrategy: "None" }), modest],
  }),
  ...(["Always", "RerunOnFailure"] as const).map((runStrategy) =>
    experiment({
      id: `node-pressure-pinned-${runStrategy.toLowerCase()}`,
      title: `An evicted VM under ${runStrategy} that fits no other node waits until its own is no longer short of memory`,
      practices: ["run-strategy"],
      fault: nodePressure(),
      variants: [pinned(vm("evicted", { runStrategy, evictionStrategy: "LiveMigrate" })), modest],
    }),
  ),
  experiment({
    id: "node-pressure-over-request",
    title: "The VM that uses more than it requests is evicted first, however important it is",
    fault: nodePressure(),
    variants: [
      vm("over-its-request", { ...greedy, ...important }),
      beside(vm("within-its-request", frugal)),
      beside(vm("guaranteed", guaranteed)),
    ],
  }),
  experiment({
    id: "node-pressure-priority",
    title: "Of VMs that use more than they request the least important is evicted first, however little that is",
    fault: nodePressure(),
    variants: [vm("less-important", lessGreedy), beside(vm("important", { ...greedy, ...important }))],
  }),
  experiment({
    id: "node-pressure-greed",
    title: "Of VMs as important as one another the one furthest above its request is evicted first",
    fault: nodePressure(),
    variants: [vm("furthest-above", greedy), beside(vm("less-above", lessGreedy))],
  }),
];
