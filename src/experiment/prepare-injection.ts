import type { Cluster } from "../cluster/cluster.ts";
import { UsageError } from "../errors.ts";
import type { Fault } from "../faults/fault.ts";
import { tcpProbe } from "../workload/guest.ts";
import type { Target } from "../workload/live-variants.ts";
import { vm, type Variant } from "../workload/variant.ts";
import { experiment } from "./experiment.ts";
import { planExperiment } from "./plan-experiment.ts";
import { variantsOfUser, type Prepared } from "./prepare.ts";

/** One fault by hand. */
export interface Injection {
  fault: Fault;
  /** VMs that run already, or files with some of the user's own; where there are neither, a default VM is made. */
  target: Target | null;
  vmFiles: string[];
  /** How long the fault is held, in milliseconds. */
  heldMs: number;
  seed: number;
}

/**
 * An experiment that expects nothing: its fault is injected, held and taken back.
 *
 * @throws UsageError where the cluster cannot do the fault, or a VM cannot be hit by it
 */
export async function prepareInjection(injection: Injection, cluster: Cluster): Promise<Prepared> {
  const { fault, target, heldMs, seed } = injection;
  const variants = (await variantsOfUser(injection, cluster)) ?? [defaultVm(fault)];
  const declared = experiment({ id: "inject", title: `${fault.name} by hand: ${fault.summary}`, fault, variants });
  const options = { scenario: "inject", seed, repeat: 1, liveIn: target?.namespace };
  const plan = planExperiment(declared, cluster, options);
  const unable = fault.needs.map((need) => cluster.actuators.unsupported(need)).find((why) => why !== null);
  if (unable !== undefined) throw new UsageError(`${fault.name} cannot be done on this cluster: ${unable}`);
  const victims = plan.variants.map((variant) => ({
    ...variant,
    skip: variants.find(({ name }) => name === variant.name)?.skip ?? fault.unfit(variant),
    expectations: {},
  }));
  const unhit = victims.find(({ skip }) => skip !== null);
  if (unhit !== undefined) throw new UsageError(`${unhit.name} cannot be hit by ${fault.name}: ${unhit.skip}`);
  const phases = [
    { name: "observe", limitMs: heldMs },
    { name: "return", limitMs: 0 },
  ];
  return { plan: { ...plan, variants: victims, phases, skip: null }, fault, remedies: [] };
}

/** One with no more probes than the fault needs: a slow guest would be restarted while it boots. */
function defaultVm(fault: Fault): Variant {
  const strategies = { runStrategy: "Always", evictionStrategy: "LiveMigrate" } as const;
  const plain = vm("vm", strategies);
  const planned = { ...plain, manifestSha256: "", expectations: {}, skip: null };
  if (fault.unfit(planned) === null) return plain;
  return vm("vm", { ...strategies, liveness: tcpProbe({ initialDelaySeconds: bootSeconds }), readiness: tcpProbe() });
}

/** More than the default guest needs to boot under emulation on a busy machine. */
const bootSeconds = 120;
