/** What a scenario file imports. */
export { experiment } from "./experiment/experiment.ts";
export type { Experiment, ExperimentOptions, Expected } from "./experiment/experiment.ts";
export type { Outcome } from "./experiment/plan.ts";
export type { Fault } from "./faults/fault.ts";
export { nodeShutdown } from "./faults/node-shutdown.ts";
export type { NodeShutdownOptions } from "./faults/node-shutdown.ts";
export { oomKill } from "./faults/oom-kill.ts";
export { probeFailure } from "./faults/probe-failure.ts";
export type { ProbeFailureOptions } from "./faults/probe-failure.ts";
export { vmCrash } from "./faults/vm-crash.ts";
export type { Duration } from "./workload/duration.ts";
export { tcpProbe } from "./workload/guest.ts";
export type { GuestOptions } from "./workload/guest.ts";
export { bareVmi, bystander, everyStrategy, replicaSet, vm } from "./workload/variant.ts";
export type { Variant, VmOptions } from "./workload/variant.ts";
