import type { Cluster } from "../cluster/cluster.ts";
import {
  condition,
  type VirtualMachine,
  type VirtualMachineInstance,
  type VirtualMachineInstanceReplicaSet,
} from "../kube/objects.ts";
import { replicaSets, virtualMachineInstances, virtualMachines } from "../kube/resources.ts";
import { vmiSpecOf } from "../workload/variant.ts";
import type { Plan, PlannedVariant } from "./plan.ts";
import { vmisOf } from "./victims.ts";

/** How long the variants may take to come up, by how guests are run, in milliseconds. */
const limitMs = { kvm: 300_000, tcg: 900_000, simulated: 300_000 };

/** How long a guest that is Ready is waited for to answer, before its weaker proof is taken. */
const answerMs = 60_000;

const pollMs = 1_000;

/** What must hold of one variant before the fault: null when it holds, else what is missing. */
type Lack = string | null;

/** What the guests of a namespace last answered, by the UID of their VMI. */
export type Answers = (vmiUid: string) => boolean;

/**
 * Waits until every variant is as it must be before the fault, unbroken for the settle window: victims up, Ready,
 * on the victim node where there is one, answering where they can, their probes at work; Halted ones down.
 * Returns null, or why that state was never reached.
 */
export async function reachSteadyState(
  plan: Plan,
  cluster: Cluster,
  answers: Answers,
  node: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  const { clock } = cluster;
  const giveUpAt = clock.now() + limitMs[plan.cluster.acceleration];
  const variants = plan.variants.filter((variant) => variant.skip === null);
  let steadySince: number | null = null;
  let readySince: number | null = null;
  for (;;) {
    const state = await observe(plan.namespace, cluster);
    const now = clock.now();
    const lacks = variants.map((variant) => lackOf(variant, state, node));
    const silent = variants.filter((variant) =>
      vmisOf(variant, state.vmis).some(({ metadata }) => !answers(metadata.uid)),
    );
    if (lacks.every((lack) => lack === null)) {
      readySince ??= now;
      const isAnswered = silent.length === 0 || now - readySince >= answerMs;
      steadySince = isAnswered ? (steadySince ?? now) : null;
      const settled = steadySince !== null && now - steadySince >= plan.settleMs;
      if (settled && variants.every((variant) => isProbed(variant, state, clock.wall()))) return null;
    } else {
      steadySince = readySince = null;
    }
    if (now >= giveUpAt)
      return lacks.find((lack) => lack !== null) ?? "the variants did not stay up for the settle window";
    await clock.sleep(pollMs, signal);
  }
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

function lackOf(variant: PlannedVariant, state: State, node: string | null): Lack {
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
function isProbed(variant: PlannedVariant, state: State, now: Date): boolean {
  const { livenessProbe, readinessProbe } = vmiSpecOf(variant);
  const delays = [livenessProbe, readinessProbe].map((probe) =>
    probe === undefined ? 0 : (probe.initialDelaySeconds ?? 0) + 10,
  );
  return vmisOf(variant, state.vmis).every((vmi) => {
    const running = vmi.status.phaseTransitionTimestamps?.find(({ phase }) => phase === "Running");
    if (running === undefined) return true;
    return now.getTime() - Date.parse(running.phaseTransitionTimestamp) >= Math.max(...delays) * 1000;
  });
}

/** How many VMIs the variant is to have. */
export function replicasOf(variant: PlannedVariant): number {
  if (variant.kind !== "VirtualMachineInstanceReplicaSet") return 1;
  const spec = variant.manifests[0]?.["spec"] as { replicas?: number } | undefined;
  return spec?.replicas ?? 1;
}
