/** What a scenario file imports. */
export { experiment } from "./experiment/experiment.ts";
export type { Experiment, ExperimentOptions, Expected } from "./experiment/experiment.ts";
export type { Outcome } from "./experiment/plan.ts";
export { apiCut } from "./faults/api-cut.ts";
export { apiSlow } from "./faults/api-slow.ts";
export type { ApiSlowOptions } from "./faults/api-slow.ts";
export { componentStop } from "./faults/component-stop.ts";
export type { ComponentStopOptions } from "./faults/component-stop.ts";
export { drain } from "./faults/drain.ts";
export type { DrainOptions } from "./faults/drain.ts";
export { during, without } from "./faults/during.ts";
export type { Fault } from "./faults/fault.ts";
export { guestHang } from "./faults/guest-hang.ts";
export { guestOom } from "./faults/guest-oom.ts";
export { guestPanic } from "./faults/guest-panic.ts";
export { guestPoweroff } from "./faults/guest-poweroff.ts";
export { guestReboot } from "./faults/guest-reboot.ts";
export { kubeletStop } from "./faults/kubelet-stop.ts";
export { launcherKill } from "./faults/launcher-kill.ts";
export { libvirtKill } from "./faults/libvirt-kill.ts";
export { liveMigration } from "./faults/live-migration.ts";
export { migrationCrash } from "./faults/migration-crash.ts";
export type { MigrationCrashOptions } from "./faults/migration-crash.ts";
export { nodeFreeze } from "./faults/node-freeze.ts";
export { nodePartition } from "./faults/node-partition.ts";
export { nodePressure } from "./faults/node-pressure.ts";
export { nodeShutdown } from "./faults/node-shutdown.ts";
export type { NodeShutdownOptions } from "./faults/node-shutdown.ts";
export { oomKill } from "./faults/oom-kill.ts";
export { podDelete } from "./faults/pod-delete.ts";
export type { PodDeleteOptions } from "./faults/pod-delete.ts";
export { probeFailure } from "./faults/probe-failure.ts";
export type { ProbeFailureOptions } from "./faults/probe-failure.ts";
export { runtimeStop } from "./faults/runtime-stop.ts";
export { startCrash } from "./faults/start-crash.ts";
export type { StartCrashOptions } from "./faults/start-crash.ts";
export { virtctlRestart } from "./faults/virtctl-restart.ts";
export { virtctlStop } from "./faults/virtctl-stop.ts";
export { vmCrash } from "./faults/vm-crash.ts";
export { vmiDelete } from "./faults/vmi-delete.ts";
export { deleteNode } from "./remedies/delete-node.ts";
export { drainNext } from "./remedies/drain-next.ts";
export { forceDelete } from "./remedies/force-delete.ts";
export { nodeHealthCheck } from "./remedies/node-health-check.ts";
export { outOfServiceTaint } from "./remedies/out-of-service-taint.ts";
export type { Remedy } from "./remedies/remedy.ts";
export { uncordon } from "./remedies/uncordon.ts";
export { virtctlMigrate } from "./remedies/virtctl-migrate.ts";
export type { Duration } from "./workload/duration.ts";
export { agentProbe, execProbe, httpProbe, tcpProbe } from "./workload/guest.ts";
export type { GuestOptions, ProbeTiming } from "./workload/guest.ts";
export { instancetype, ofInstancetype, ofPreference, preference } from "./workload/instancetype.ts";
export { shareOfNode } from "./workload/node-share.ts";
export { obstacles } from "./workload/obstacles.ts";
export type { Obstacle } from "./workload/obstacles.ts";
export { served } from "./workload/served.ts";
export {
  bareVmi,
  bystander,
  confined,
  elsewhere,
  everyRunStrategy,
  everyStrategy,
  neverUp,
  onEveryOther,
  paired,
  pinned,
  refused,
  replicaSet,
  vm,
} from "./workload/variant.ts";
export type { Variant, VmOptions } from "./workload/variant.ts";
