/** Labels, annotations, finalizers and conditions of KubeVirt (staging/src/kubevirt.io/api/core/v1/types.go). */
export const apiVersion = "kubevirt.io/v1";
export const namespace = "kubevirt";

export const labels = {
  app: "kubevirt.io",
  createdBy: "kubevirt.io/created-by",
  migrationJobUid: "kubevirt.io/migrationJobUID",
  migrationTarget: "kubevirt.io/migrationTargetNodeName",
  nodeName: "kubevirt.io/nodeName",
  schedulable: "kubevirt.io/schedulable",
  vmName: "vm.kubevirt.io/name",
  vmiId: "vmi.kubevirt.io/id",
} as const;

export const annotations = {
  domain: "kubevirt.io/domain",
  heartbeat: "kubevirt.io/heartbeat",
  latestObservedApiVersion: "kubevirt.io/latest-observed-api-version",
  storageObservedApiVersion: "kubevirt.io/storage-observed-api-version",
  vmGeneration: "kubevirt.io/vm-generation",
  memoryOverhead: "kubevirt.io/memory-overhead-bytes",
  evacuationMigration: "kubevirt.io/evacuationMigration",
  evictionInProgress: "descheduler.alpha.kubernetes.io/eviction-in-progress",
  evictionSource: "kubevirt.io/eviction-source",
  migrationJobName: "kubevirt.io/migrationJobName",
  migrationPendingTimeout: "kubevirt.io/migrationPendingPodTimeoutSeconds",
  migrationUnschedulableTimeout: "kubevirt.io/migrationUnschedulablePodTimeoutSeconds",
  nonroot: "kubevirt.io/nonroot",
  allowBridgeMigration: "kubevirt.io/allow-pod-bridge-network-live-migration",
} as const;

export const finalizers = {
  /** On a VM, and on the VMIs it creates: the VM controller has yet to see the end. */
  virtualMachine: "kubevirt.io/virtualMachineControllerFinalize",
  /** On a VMI: its pods have yet to be gone. */
  foregroundDelete: "kubevirt.io/foregroundDeleteVirtualMachine",
  /** On a migration: its end has yet to be written down. */
  migration: "kubevirt.io/migrationJobFinalize",
} as const;

/** Readiness gate of the launcher pod, kept by virt-controller. */
export const unpausedCondition = "kubevirt.io/virtual-machine-unpaused";

export const images = {
  launcher: "quay.io/kubevirt/virt-launcher:v1.9.0",
  component: (name: string) => `quay.io/kubevirt/${name}:v1.9.0`,
} as const;
