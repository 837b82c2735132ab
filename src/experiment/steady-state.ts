import { notYet, waitUntil, type NotYet } from "../clock/wait-until.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import {
  condition,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
} from "../kube/objects.ts";
import { replicaSets, virtualMachineInstances, virtualMachines } from "../kube/resources.ts";
import { replicasOf, vmiSpecOf } from "../workload/variant.ts";
import { isFinal } from "../recovery/aim.ts";
import { isNeverUp, type Plan, type PlannedVariant } from "./plan.ts";
import { vmisOf } from "./victims.ts";

/** How long the variants may take to come up, by how guests are run, in milliseconds. */
const limitMs = { kvm: 300_000, tcg: 900_000, simulated: 300_000 };

/** How long a guest that is Ready is waited for to answer, before its weaker proof is taken. */
const answerMs = 60_000;

const pollMs = 1_000;

/** What is heard of the guests of a namespace. */
export interface Hearing {
  /** Whether the guest of that VMI answered when it was last asked, or none is ever asked. */
  answers(vmiUid: string): boolean;
  /** Why none can be asked for now; null while they can, and where they never are. */
  deaf(): string | null;
}

/**
 * Waits until every variant is as it must be before the fault, unbroken for the settle window: victims up, Ready,
 * on the victim node where there is one, answering where they can, their probes at work; Halted ones down.
 * Throws `DeadlineError` with what was lacking last where that state is never reached, and at once where a guest has
 * ended that nothing starts again.
 */
export async function reachSteadyState(
  plan: Plan,
  cluster: Cluster,
  hearing: Hearing,
  node: string | null,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = cluster;
  const skewMs = leastSkewMs(plan);
  const variants = plan.variants.filter((variant) => variant.skip === null && !isNeverUp(variant));
  let readySinceMs: number | null = null;
  let steadySinceMs: number | null = null;
  const look = async (): Promise<true | NotYet> => {
    const state = await observe(plan.namespace, cluster);
    for (const variant of variants) mustNotBeOver(variant, state);
    const lack = variants.map((variant) => lackOf(variant, state, node)).find((each) => each !== null);
    if (lack !== undefined) {
      readySinceMs = steadySinceMs = null;
      return notYet(lack);
    }
    // Broken now, it could not be measured.
    const deaf = hearing.deaf();
    if (deaf !== null) {
      readySinceMs = steadySinceMs = null;
      return notYet(`the guests cannot be asked: ${deaf}`);
    }
    readySinceMs ??= clock.now();
    const silent = variants
      .flatMap((variant) => vmisOf(variant, state.vmis))
      .find(({ metadata }) => !hearing.answers(metadata.uid));
    if (silent !== undefined && clock.now() - readySinceMs < answerMs) {
      steadySinceMs = null;
      return notYet(`the guest of ${silent.metadata.name} does not answer`);
    }
    steadySinceMs ??= clock.now();
    const unprobed = variants.find((variant) => !isProbed(variant, state, clock.wall().getTime() + skewMs));
    if (unprobed !== undefined) return notYet(`the probes of ${unprobed.name} are not asked yet`);
    return clock.now() - steadySinceMs >= plan.settleMs || notYet("all are up, for less than the settle window");
  };
  const what = "the steady state before the fault";
  await waitUntil(clock, { what, limitMs: limitMs[plan.cluster.acceleration], everyMs: pollMs, signal, look });
}

/** By how much the cluster's clock, which stamps its objects, is ahead of this machine's at least. */
function leastSkewMs({ cluster: { settings } }: Plan): number {
  const { leastMs = 0 } = (settings["apiServerSkewMs"] ?? {}) as { leastMs?: number };
  return Number.isFinite(leastMs) ? leastMs : 0;
}

interface State {
  vms: VirtualMachine[];
  vmis: VirtualMachineInstance[];
  sets: VirtualMachineInstanceReplicaSet[];
}

async function observe(namespace: string, { kube }: Cluster): Promise<State> {
  const [vms, vmis, sets] = await Promise.all([
    kube.list<VirtualMachine>(virtualMachines, { namespace }),
    kube.list<VirtualMachineInstance>(virtualMachineInstances, { namespace }),
    kube.list<VirtualMachineInstanceReplicaSet>(replicaSets, { namespace }),
  ]);
  return { vms, vmis, sets };
}

/** What one variant lacks of the steady state, in words; null where it lacks nothing. */
function lackOf(variant: PlannedVariant, state: State, node: string | null): string | null {
  const vmis = vmisOf(variant, state.vmis);
  if (variant.runStrategy === "Halted") return vmis.length === 0 ? null : `${variant.name} is Halted and runs`;
  const wanted = replicasOf(variant);
  if (vmis.length !== wanted) {
    return `${variant.name} has ${vmis.length} of ${wanted} VMIs${why(variant, state)}`;
  }
  for (const vmi of vmis) {
    const { name } = vmi.metadata;
    if (vmi.status.phase !== "Running") return `${name} is ${vmi.status.phase || "not begun"}${why(variant, state)}`;
    const ready = condition(vmi, "Ready");
    if (ready?.status !== "True") return `${name} is not Ready (${ready?.message ?? ready?.reason ?? "no condition"})`;
    if (node !== null && variant.role === "victim" && vmi.status.nodeName !== node) {
      return `${name} runs on ${vmi.status.nodeName}, not on the victim node ${node}`;
    }
  }
  return null;
}

/** @throws EnvironmentError where its VMI has ended and its run strategy wants no other */
function mustNotBeOver(variant: PlannedVariant, { vmis }: State): void {
  const { name, kind, runStrategy } = variant;
  if (kind === "VirtualMachineInstanceReplicaSet" || runStrategy === "Always") return;
  const phase = vmisOf(variant, vmis).find(({ status }) => isFinal(status.phase ?? ""))?.status.phase;
  if (phase === undefined || (runStrategy === "RerunOnFailure" && phase === "Failed")) return;
  const why = vmiSpecOf(variant).livenessProbe === undefined ? "" : "; its liveness probe may be tighter than its boot";
  throw new EnvironmentError(`${name} ended (${phase}) before the fault, and nothing starts it again${why}`);
}

/** What the platform says of a variant that does not come up. */
function why(variant: PlannedVariant, state: State): string {
  const vm = state.vms.find((candidate) => candidate.metadata.name === variant.name);
  const failure = condition(vm, "Failure");
  if (failure?.status === "True") return ` (${failure.reason}: ${failure.message})`;
  const unscheduled = vmisOf(variant, state.vmis)
    .map((vmi) => condition(vmi, "PodScheduled"))
    .find((c) => c?.status === "False");
  return unscheduled === undefined ? "" : ` (${unscheduled.reason}: ${unscheduled.message})`;
}

/** Whether the kubelet asks its probes by now: KubeVirt adds 10 s to each initial delay. */
function isProbed(variant: PlannedVariant, state: State, nowMs: number): boolean {
  const { livenessProbe, readinessProbe } = vmiSpecOf(variant);
  const probes = [livenessProbe, readinessProbe].filter((probe) => probe !== undefined);
  const delays = probes.map(({ initialDelaySeconds = 0 }) => initialDelaySeconds + 10);
  if (delays.length === 0) return true;
  return vmisOf(variant, state.vmis).every((vmi) => {
    const running = vmi.status.phaseTransitionTimestamps?.find(({ phase }) => phase === "Running");
    if (running === undefined) return true;
    return nowMs - Date.parse(running.phaseTransitionTimestamp) >= Math.max(...delays) * 1000;
  });
}
