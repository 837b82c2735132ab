import {
  condition,
  type Node,
  type Pod,
  type RunStrategy,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceMigration,
  type VirtualMachineInstanceReplicaSet,
} from "../kube/objects.ts";

/*
 * What recovery looks at in each object, and nothing else: flat values, so that two can be compared. `exists` is
 * false once the object was seen deleted; the rest is then as last seen.
 */

export interface VmiState {
  exists: boolean;
  phase: string;
  deleting: boolean;
  ready: boolean;
  /** Why it is not ready, in the platform's word. */
  readyReason: string | null;
  node: string | null;
  paused: boolean;
  agentConnected: boolean;
  /** The node it is asked to leave by live migration. */
  evacuating: string | null;
  /** Whether its memory is being copied. */
  migrating: boolean;
}

export interface VmState {
  exists: boolean;
  deleting: boolean;
  runStrategy: RunStrategy;
  /** The strategy the controller acted on last; null where the VM never had an instance. */
  actedOn: string | null;
  printableStatus: string | null;
  startRequested: boolean;
  stopRequested: boolean;
  /** Starts that failed in a row before the guest ran. */
  startFailures: number;
  /** Calendar time of the next try, while the start is held back. */
  retryAfter: string | null;
  /** Why the controller cannot do what it should. */
  failure: string | null;
}

export interface ReplicaSetState {
  exists: boolean;
  deleting: boolean;
  replicas: number;
}

export interface PodState {
  exists: boolean;
  phase: string;
  /** Why it is in that phase, in the platform's word: `Evicted`, `NodeAffinity`. */
  reason: string | null;
  deleting: boolean;
  node: string | null;
  unschedulable: boolean;
  ready: boolean;
  /** Whether the container with the guest's process runs. */
  computeRunning: boolean;
}

export interface NodeState {
  exists: boolean;
  ready: boolean;
}

export interface MigrationState {
  exists: boolean;
  phase: string;
}

export function vmiState(vmi: VirtualMachineInstance, exists: boolean): VmiState {
  // A VMI that was just created may come without a status.
  const status = (vmi as Partial<VirtualMachineInstance>).status ?? {};
  const ready = condition(vmi, "Ready");
  return {
    exists,
    phase: status.phase ?? "",
    deleting: vmi.metadata.deletionTimestamp !== undefined,
    ready: ready?.status === "True",
    readyReason: ready?.reason ?? null,
    node: status.nodeName ?? null,
    paused: condition(vmi, "Paused")?.status === "True",
    agentConnected: condition(vmi, "AgentConnected")?.status === "True",
    evacuating: status.evacuationNodeName ?? null,
    migrating: Boolean(status.migrationState?.startTimestamp) && !status.migrationState?.endTimestamp,
  };
}

export function vmState(vm: VirtualMachine, exists: boolean): VmState {
  const status = (vm as Partial<VirtualMachine>).status ?? {};
  const requests = status.stateChangeRequests ?? [];
  const failure = condition(vm, "Failure");
  return {
    exists,
    deleting: vm.metadata.deletionTimestamp !== undefined,
    runStrategy: runStrategyOf(vm.spec),
    actedOn: status.runStrategy ?? null,
    printableStatus: status.printableStatus ?? null,
    startRequested: requests.some((request) => request.action === "Start"),
    stopRequested: requests.some((request) => request.action === "Stop"),
    startFailures: status.startFailure?.consecutiveFailCount ?? 0,
    retryAfter: status.startFailure?.retryAfterTimestamp ?? null,
    failure: failure?.status === "True" ? (failure.message ?? failure.reason ?? "") : null,
  };
}

/** As the API's own rule has it: `running` is the older word; neither means Halted. */
function runStrategyOf(spec: { running?: boolean; runStrategy?: RunStrategy }): RunStrategy {
  return spec.runStrategy ?? (spec.running === true ? "Always" : "Halted");
}

export function replicaSetState(set: VirtualMachineInstanceReplicaSet, exists: boolean): ReplicaSetState {
  return { exists, deleting: set.metadata.deletionTimestamp !== undefined, replicas: set.spec.replicas ?? 1 };
}

export function podState(pod: Pod, exists: boolean): PodState {
  const status = (pod as Partial<Pod>).status ?? {};
  const scheduled = condition(pod, "PodScheduled");
  const compute = status.containerStatuses?.find((container) => container.name === "compute");
  return {
    exists,
    phase: status.phase ?? "",
    reason: status.reason ?? null,
    deleting: pod.metadata.deletionTimestamp !== undefined,
    node: pod.spec.nodeName ?? null,
    unschedulable: scheduled?.status === "False" && scheduled.reason === "Unschedulable",
    ready: condition(pod, "Ready")?.status === "True",
    computeRunning: compute?.state.running !== undefined,
  };
}

export function nodeState(node: Node, exists: boolean): NodeState {
  return { exists, ready: condition(node, "Ready")?.status === "True" };
}

export function migrationState(migration: VirtualMachineInstanceMigration, exists: boolean): MigrationState {
  return { exists, phase: (migration as Partial<VirtualMachineInstanceMigration>).status?.phase ?? "" };
}
