/**
 * The wire form of the Kubernetes and KubeVirt objects that Rebound reads and writes,
 * narrowed to the fields in use. Times are RFC 3339 strings, as the API server sends them.
 */
export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
}

/** Any API object. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

export interface Condition {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
  lastProbeTime?: string | null;
  lastHeartbeatTime?: string;
}

export interface Taint {
  key: string;
  value?: string;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
  timeAdded?: string;
}

export interface Toleration {
  key?: string;
  operator?: "Exists" | "Equal";
  value?: string;
  effect?: Taint["effect"];
  tolerationSeconds?: number;
}

export interface Node extends KubeObject {
  spec: { unschedulable?: boolean; taints?: Taint[]; podCIDR?: string; podCIDRs?: string[]; providerID?: string };
  status: {
    conditions?: Condition[];
    capacity?: Record<string, string>;
    allocatable?: Record<string, string>;
    addresses?: { type: string; address: string }[];
    nodeInfo?: Record<string, unknown>;
  };
}

export interface Probe {
  initialDelaySeconds?: number;
  periodSeconds?: number;
  timeoutSeconds?: number;
  successThreshold?: number;
  failureThreshold?: number;
  tcpSocket?: { port: number | string };
  httpGet?: { port: number | string; path?: string; scheme?: string };
  exec?: { command: string[] };
  guestAgentPing?: Record<string, never>;
}

export interface ResourceRequirements {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
}

export interface Container {
  name: string;
  image?: string;
  command?: string[];
  args?: string[];
  resources?: ResourceRequirements;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  [field: string]: unknown;
}

export interface ContainerStatus {
  name: string;
  ready: boolean;
  started?: boolean;
  restartCount: number;
  image?: string;
  containerID?: string;
  /** How the run before ended; empty if there was none. */
  lastState?: Pick<ContainerStatus["state"], "terminated">;
  state: {
    waiting?: { reason: string; message?: string };
    running?: { startedAt: string };
    terminated?: {
      exitCode: number;
      signal?: number;
      reason?: string;
      message?: string;
      startedAt?: string;
      finishedAt?: string;
      containerID?: string;
    };
  };
}

export interface Affinity {
  nodeAffinity?: Record<string, unknown>;
  podAffinity?: Record<string, unknown>;
  podAntiAffinity?: Record<string, unknown>;
}

export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    nodeSelector?: Record<string, string>;
    affinity?: Affinity;
    tolerations?: Toleration[];
    containers: Container[];
    restartPolicy?: string;
    terminationGracePeriodSeconds?: number;
    readinessGates?: { conditionType: string }[];
    priority?: number;
    schedulerName?: string;
    [field: string]: unknown;
  };
  status: {
    phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
    reason?: string;
    message?: string;
    podIP?: string;
    podIPs?: { ip: string }[];
    hostIP?: string;
    startTime?: string;
    qosClass?: string;
    conditions?: Condition[];
    containerStatuses?: ContainerStatus[];
    [field: string]: unknown;
  };
}

export interface Service extends KubeObject {
  spec: {
    type?: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
    selector?: Record<string, string>;
    ports?: { name?: string; port: number; targetPort?: number | string; nodePort?: number; protocol?: string }[];
    publishNotReadyAddresses?: boolean;
    [field: string]: unknown;
  };
}

export type RunStrategy = "Always" | "RerunOnFailure" | "Manual" | "Halted" | "Once" | "WaitAsReceiver";
export type EvictionStrategy = "None" | "LiveMigrate" | "LiveMigrateIfPossible" | "External";
export type VmiPhase =
  "" | "Pending" | "Scheduling" | "Scheduled" | "Running" | "Succeeded" | "Failed" | "WaitingForSync" | "Unknown";

export interface VmiSpec {
  domain: {
    cpu?: { cores?: number; sockets?: number; threads?: number; model?: string; [field: string]: unknown };
    memory?: { guest?: string; [field: string]: unknown };
    resources?: ResourceRequirements;
    features?: { acpi?: { enabled?: boolean }; [field: string]: unknown };
    devices: Record<string, unknown>;
    [field: string]: unknown;
  };
  evictionStrategy?: EvictionStrategy;
  livenessProbe?: Probe;
  readinessProbe?: Probe;
  nodeSelector?: Record<string, string>;
  affinity?: Affinity;
  tolerations?: Toleration[];
  terminationGracePeriodSeconds?: number;
  volumes?: ({ name: string } & Record<string, unknown>)[];
  networks?: ({ name: string } & Record<string, unknown>)[];
  [field: string]: unknown;
}

export interface MigrationState {
  startTimestamp?: string;
  endTimestamp?: string;
  sourceNode?: string;
  targetNode?: string;
  sourcePod?: string;
  targetPod?: string;
  completed?: boolean;
  failed?: boolean;
  migrationUid?: string;
  failureReason?: string;
  abortRequested?: boolean;
  abortStatus?: string;
  mode?: string;
  [field: string]: unknown;
}

export interface VirtualMachineInstance extends KubeObject {
  spec: VmiSpec;
  status: {
    phase?: VmiPhase;
    reason?: string;
    nodeName?: string;
    conditions?: Condition[];
    phaseTransitionTimestamps?: { phase: VmiPhase; phaseTransitionTimestamp: string }[];
    interfaces?: { name?: string; ipAddress?: string; [field: string]: unknown }[];
    activePods?: Record<string, string>;
    evacuationNodeName?: string;
    migrationState?: MigrationState;
    qosClass?: string;
    [field: string]: unknown;
  };
}

export interface VirtualMachine extends KubeObject {
  spec: {
    running?: boolean;
    runStrategy?: RunStrategy;
    instancetype?: { name?: string; kind?: string; revisionName?: string; [field: string]: unknown };
    preference?: { name?: string; kind?: string; revisionName?: string; [field: string]: unknown };
    dataVolumeTemplates?: ({ metadata: Partial<ObjectMeta> } & Record<string, unknown>)[];
    template: { metadata?: Partial<ObjectMeta>; spec: VmiSpec };
  };
  status: {
    created?: boolean;
    ready?: boolean;
    printableStatus?: string;
    conditions?: Condition[];
    runStrategy?: RunStrategy;
    stateChangeRequests?: { action: "Start" | "Stop"; uid?: string; data?: Record<string, string> }[];
    startFailure?: { consecutiveFailCount: number; lastFailedVMIUID: string; retryAfterTimestamp: string };
    [field: string]: unknown;
  };
}

export interface VirtualMachineInstanceReplicaSet extends KubeObject {
  spec: {
    replicas?: number;
    paused?: boolean;
    selector: { matchLabels?: Record<string, string>; [field: string]: unknown };
    template: { metadata?: Partial<ObjectMeta>; spec: VmiSpec };
  };
  status: { replicas?: number; readyReplicas?: number; conditions?: Condition[]; labelSelector?: string };
}

export interface VirtualMachineInstanceMigration extends KubeObject {
  spec: { vmiName: string; [field: string]: unknown };
  status: {
    phase?: string;
    conditions?: Condition[];
    migrationState?: MigrationState;
    phaseTransitionTimestamps?: { phase: string; phaseTransitionTimestamp: string }[];
  };
}

export interface KubeEvent extends KubeObject {
  involvedObject: {
    apiVersion?: string;
    kind: string;
    name: string;
    namespace?: string;
    uid?: string;
    fieldPath?: string;
  };
  reason: string;
  message: string;
  type: "Normal" | "Warning";
  count?: number;
  firstTimestamp?: string | null;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  source?: { component?: string; host?: string };
  reportingComponent?: string;
  reportingInstance?: string;
}

/** An object as a user writes it: no uid, no status. */
export type Manifest = Partial<Omit<KubeObject, "metadata">> &
  Pick<KubeObject, "apiVersion" | "kind"> & { metadata: Partial<KubeObject["metadata"]> } & Record<string, unknown>;

/** The condition of that type, if the object carries one. */
export function condition(
  object: { status?: { conditions?: Condition[] } } | undefined,
  type: string,
): Condition | undefined {
  return object?.status?.conditions?.find((candidate) => candidate.type === type);
}
