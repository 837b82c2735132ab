/**
 * The versions that are modelled and the constants of those versions, each with its source. Paths are in
 * kubernetes/kubernetes v1.36.2 and kubevirt/kubevirt v1.9.0. Everything here can be set per cluster.
 */
export const versions = { kubernetes: "v1.36.2", kubevirt: "v1.9.0" } as const;

export const defaultSettings = {
  /** Kubelet renews its lease this often (pkg/kubelet/apis/config: nodeLeaseDurationSeconds 40 × 0.25). */
  nodeLeaseRenewSeconds: 10,
  /** Kubelet compares and, where they differ, posts its node's status this often (pkg/kubelet: nodeStatusUpdateFrequency). */
  nodeStatusUpdateSeconds: 10,
  /** It posts an unchanged status after this (pkg/kubelet: nodeStatusReportFrequency). */
  nodeStatusReportSeconds: 300,
  /** Kubelet's orderly end of pods at a shutdown; 0 is off, the default (pkg/kubelet/nodeshutdown: shutdownGracePeriod). */
  shutdownGracePeriodSeconds: 0,
  /** From power on to a running kubelet, at least, and up to this much more: those of a container node, seen with kind. */
  nodeBootSeconds: 3,
  nodeBootJitterSeconds: 6,
  /** Whether the nodes are containers of one machine, as kind's are: a restart does not change its boot id, which all have. */
  sharedKernel: false,
  /** Kubelet looks this often whether memory is short (pkg/kubelet: evictionMonitoringPeriod); less than this left is. */
  evictionMonitoringSeconds: 10,
  evictionHardMemoryMiB: 100,
  /** A node stays under pressure this long after it was last so (pkg/kubelet: evictionPressureTransitionPeriod). */
  evictionPressureTransitionSeconds: 300,
  /** Node controller looks this often (pkg/controller/nodelifecycle: nodeMonitorPeriod). */
  nodeMonitorPeriodSeconds: 5,
  /** Silence after which a node is Unknown (nodelifecycle: nodeMonitorGracePeriod, 50 s since 1.32). */
  nodeMonitorGracePeriodSeconds: 50,
  /** Toleration given to pods that state none (plugin/pkg/admission/defaulttolerationseconds). */
  notReadyTolerationSeconds: 300,
  unreachableTolerationSeconds: 300,
  /** NoExecute taints are set at this rate in a healthy zone, nodes per second (nodelifecycle: evictionLimiterQPS). */
  nodeEvictionRate: 0.1,
  /** The same where at least this share of more than `largeClusterSize` nodes is unhealthy. */
  secondaryNodeEvictionRate: 0.01,
  unhealthyZoneThreshold: 0.55,
  largeClusterSize: 50,
  /** Pod garbage collector's period, and how long an orphan is left alone (pkg/controller/podgc). */
  podGcPeriodSeconds: 20,
  podGcQuarantineSeconds: 40,
  /** What the default storage class gives: volumes on the network, or directories of one node as kind's does. */
  storage: "network" as "network" | "local",
  /** A volume of a silent node is detached by force after this (attachdetach: maxWaitForUnmountDuration). */
  forceDetachSeconds: 360,
  /** Grace of a VMI that states none (staging/src/kubevirt.io/api/core/v1: DefaultGracePeriodSeconds). */
  vmiGracePeriodSeconds: 30,
  /** Added to the VMI's grace for the launcher's own deadline, and once more for its pod (services/template.go). */
  launcherGraceExtraSeconds: 15,
  /** ACPI shutdown is signalled again this often (virt-handler/vm.go: shutdownVMI). */
  acpiResendSeconds: 5,
  /** A launcher without a domain gives up after this plus up to the jitter (template.go: generateQemuTimeoutWithJitter). */
  qemuTimeoutSeconds: 240,
  qemuTimeoutJitterSeconds: 120,
  /** Launcher waits this long for virt-handler to take the final state (cmd/virt-launcher). */
  finalNotifySeconds: 15,
  /** A launcher not initialised in this time fails its VMI (virt-handler/launcher-clients). */
  launcherInitSeconds: 180,
  /** Command sockets are dialled this often; dead for longer than the threshold means no domain (domain-watcher.go). */
  watchdogPollSeconds: 11,
  watchdogTimeoutSeconds: 30,
  watchdogDialSeconds: 5,
  /** virt-handler beats this often, up to jitter factor 1.2 more (heartbeat.go). */
  heartbeatSeconds: 60,
  heartbeatJitterFactor: 1.2,
  /** Heartbeat older than this: unresponsive; looked at this often (watch/node/node.go). */
  heartbeatTimeoutSeconds: 300,
  heartbeatRecheckSeconds: 60,
  /** Start back-off is this × n² plus up to half of it, capped (watch/vm/vm.go: calculateStartBackoffTime). */
  startBackoffSeconds: 10,
  startBackoffCapSeconds: 300,
  /** Added to every probe's initial delay (services/template.go: LibvirtStartupDelay). */
  probeStartupDelaySeconds: 10,
  /** Migration limits and timeouts (virt-config/virt-config.go). */
  parallelMigrationsPerCluster: 5,
  parallelOutboundMigrationsPerNode: 2,
  /** A copy is given up after so long without progress, or so long for each GiB of memory (virt-config.go). */
  migrationProgressTimeoutSeconds: 150,
  migrationCompletionSecondsPerGiB: 150,
  /** A target pod that finds no node, or does not start, is given up after this (watch/migration/migration.go). */
  unschedulableTargetSeconds: 300,
  pendingTargetSeconds: 900,
  /** Wait after a failed evacuation, doubled with each failure (migration.go: handleMigrationBackoff). */
  evacuationBackoffSeconds: 20,
  /** Finished migrations kept of each VMI (migration.go: defaultFinalizedMigrationGarbageCollectionBuffer). */
  finishedMigrationsKept: 5,
  /** What a migration gets of the network between two nodes: a 10 Gbit/s link through one TLS stream, assumed. */
  migrationMiBPerSecond: 250,
  /** libvirt gives a silent peer up after this (keepalive_interval 5 s × keepalive_count 5, and the last). */
  migrationKeepaliveSeconds: 30,
  /** Cluster-wide default (virt-config/configuration.go); where HCO is there and nothing is said, that of `hyperConvergedEvictionStrategy`. */
  evictionStrategy: "None" as "None" | "LiveMigrate" | "LiveMigrateIfPossible" | "External",
  /** Whether the HyperConverged Cluster Operator is there and keeps the KubeVirt object. */
  hyperConverged: false,
  cpuAllocationRatio: 10,
  /** Whether guests are emulated, as where machines have no KVM (KubeVirt's developerConfiguration.useEmulation). */
  emulation: false,
  /** Which control-group version the nodes run: decides whether an OOM kills all of compute or only qemu. */
  cgroup: "v2" as "v1" | "v2",
};

export type Settings = typeof defaultSettings;

/** HCO's default for a cluster of so many workers (HCO's api/v1: VirtualizationConfig). */
export function hyperConvergedEvictionStrategy(workers: number): "LiveMigrate" | "None" {
  return workers > 1 ? "LiveMigrate" : "None";
}

/** The settings of a cluster: what is given over the defaults. */
export function settingsOf(given: Partial<Settings>, workers: number): Settings {
  const evictionStrategy =
    given.hyperConverged === true ? hyperConvergedEvictionStrategy(workers) : defaultSettings.evictionStrategy;
  return { ...defaultSettings, evictionStrategy, ...given };
}
