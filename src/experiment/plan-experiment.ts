import { createHash } from "node:crypto";
import type { Cluster } from "../cluster/cluster.ts";
import type { EvictionStrategy } from "../kube/objects.ts";
import { milliseconds, type Duration } from "../workload/duration.ts";
import type { Variant } from "../workload/variant.ts";
import type { Experiment, Expected } from "./experiment.ts";
import { platformRuling, type Ruling } from "./expectations/expect.ts";
import { siteRuling, type SiteRule } from "./expectations/site-rules.ts";
import type { Situation } from "./expectations/situation.ts";
import type { ClusterDescription, Expectation, Plan, PlannedPhase, PlannedVariant, Rest } from "./plan.ts";

/** A good stretch this long is a recovery and not a flicker: KubeVirt shows Ready for a moment on a failed VMI. */
const settleMs = 5_000;

export interface PlanOptions {
  scenario: string;
  seed: number;
  repeat: number;
  /** What the site's platform does otherwise than is documented. */
  site?: SiteRule[];
  /** The namespace in which its variants run already. */
  liveIn?: string | undefined;
  /** Variants that are judged; the others are left out. */
  only?(experiment: string, variant: string): boolean;
}

/**
 * Decides everything about an experiment before anything is touched: who takes part, what each must do in which
 * phase and why, and how long to watch.
 */
export function planExperiment(
  experiment: Experiment,
  { actuators, ...asked }: Pick<Cluster, "description" | "describeWith" | "actuators">,
  options: PlanOptions,
): Plan {
  const description = asked.describeWith?.(experiment.operators ?? []) ?? asked.description;
  const { name, parameters, scope, sharing } = experiment.fault;
  const fault = { name, parameters, scope, sharing };
  const remedies = (experiment.remedies ?? []).map(({ name, scope, sharing }) => ({ name, scope, sharing }));
  const chosen = experiment.variants
    .filter((variant) => options.only?.(experiment.id, variant.name) ?? true)
    .map((variant) => ({ ...variant, manifestSha256: sha256(variant.manifests) }));
  const possible = ["observe", ...remedies.map((remedy) => remedy.name), "return"];
  const { clusterEvictionStrategy } = experiment;
  const cluster =
    clusterEvictionStrategy === undefined ? description : withEvictionStrategy(description, clusterEvictionStrategy);
  const victims = chosen.filter(({ role, skip }) => role === "victim" && skip === undefined);
  const context = { fault, cluster, victims };
  const ruled = rulePhases(experiment, chosen, possible, context, options.site ?? []);
  const phases = ruled.filter(({ name: phase, rulings }) => phase !== "return" || watchesReturn(experiment, rulings));
  const variants = chosen.map((variant) => ({
    ...variant,
    skip: whySkipped(experiment, variant, phases[0]!.rulings),
    expectations: Object.fromEntries(
      phases.flatMap(({ name: phase, rulings }) => {
        const ruling = rulings.get(variant);
        return ruling === undefined ? [] : [[phase, ruling.expectation]];
      }),
    ),
  }));
  return {
    id: experiment.id,
    scenario: options.scenario,
    title: experiment.title,
    practices: experiment.practices ?? [],
    seed: options.seed,
    repeat: options.repeat,
    ...(options.liveIn === undefined
      ? { namespace: `rebound-${experiment.id}` }
      : { namespace: options.liveIn, live: true as const }),
    cluster,
    fault,
    ...(clusterEvictionStrategy !== undefined && { clusterEvictionStrategy }),
    remedies,
    phases: phases.map(({ rulings: _rulings, ...phase }) => phase),
    variants,
    settleMs,
    skip: skipReason(experiment, description, actuators, variants),
  };
}

/** The cluster as it will be while the experiment lasts. */
function withEvictionStrategy(description: ClusterDescription, evictionStrategy: EvictionStrategy): ClusterDescription {
  return { ...description, settings: { ...description.settings, evictionStrategy } };
}

type Planned = Situation["variant"];
type Rulings = Map<Planned, Ruling>;

interface RuledPhase extends PlannedPhase {
  rulings: Rulings;
}

/** What each variant must do in each phase; how long the fault lasts by then depends on the phases before. */
function rulePhases(
  experiment: Experiment,
  variants: Planned[],
  phases: string[],
  context: Pick<Situation, "fault" | "cluster" | "victims">,
  site: SiteRule[],
): RuledPhase[] {
  let heldMs = statedLimit(experiment, "observe");
  return phases.map((name, index) => {
    const before = phases.slice(0, index);
    const rulings: Rulings = new Map();
    for (const variant of variants) {
      const situation = { ...context, phase: name, before, heldMs, variant };
      const platform = platformRuling(situation);
      const documented = siteRuling(site, situation, platform) ?? platform;
      const stated = (name === "observe" ? experiment.expect : experiment.expectAfter?.[name])?.[variant.name];
      const ruling = stated === undefined ? documented : statedRuling(stated, experiment, documented);
      if (ruling !== null) rulings.set(variant, ruling);
    }
    const statedMs = statedLimit(experiment, name);
    const limitMs = statedMs ?? Math.max(0, ...[...rulings.values()].map(({ watchMs }) => watchMs));
    heldMs = index === 0 ? limitMs : heldMs! + limitMs;
    const rests = statedMs === null ? restsOf(rulings) : null;
    return { name, limitMs, ...(rests !== null && { rests }), rulings };
  });
}

/** What lets a phase end early; null where that can be said of one variant, and not of all. */
function restsOf(rulings: Rulings): Record<string, Rest> | null {
  const rests = [...rulings].flatMap(([{ name }, { rest }]) => (rest === null ? [] : [[name, rest] as const]));
  return rests.length === rulings.size ? Object.fromEntries(rests) : null;
}

function statedLimit({ observe, afterReturn }: Experiment, phase: string): number | null {
  if (phase === "observe" && observe !== undefined) return milliseconds(observe);
  return phase === "return" && afterReturn ? milliseconds(afterReturn) : null;
}

/** A return is watched where the scenario asks for it, or where a rule says what it does to a victim. */
function watchesReturn(experiment: Experiment, rulings: Rulings): boolean {
  if (experiment.afterReturn !== undefined) return experiment.afterReturn !== false;
  if (experiment.expectAfter?.["return"] !== undefined) return true;
  return [...rulings.keys()].some(({ role }) => role === "victim");
}

function whySkipped(
  experiment: Experiment,
  variant: Planned & Pick<Variant, "skip">,
  observed: Rulings,
): string | null {
  if (variant.skip !== undefined) return variant.skip;
  const unfit = variant.role === "victim" ? experiment.fault.unfit({ ...variant, expectations: {}, skip: null }) : null;
  return unfit ?? (observed.has(variant) ? null : `no rule says what ${experiment.fault.name} does to it`);
}

/** What the scenario states goes before what is documented; how long to watch it is taken from the rule. */
function statedRuling(stated: Expected, experiment: Experiment, documented: Ruling | null): Ruling {
  const { outcome, within, maxDowntime } = typeof stated === "string" ? { outcome: stated } : stated;
  const limit = (duration: Duration | undefined) => (duration === undefined ? null : milliseconds(duration));
  const withinMs =
    limit(within) ?? (outcome === documented?.expectation.outcome ? documented.expectation.withinMs : null);
  const expectation: Expectation = {
    outcome,
    withinMs,
    maxDowntimeMs: limit(maxDowntime),
    floorMs: outcome === documented?.expectation.outcome ? documented.expectation.floorMs : null,
    source: `stated by the scenario "${experiment.id}"`,
  };
  const watchMs = Math.max(documented?.watchMs ?? defaultWatchMs, (withinMs ?? 0) + 2 * settleMs);
  const rest = outcome === documented?.expectation.outcome ? documented.rest : null;
  return { expectation, watchMs, rest };
}

/** How long to watch what no rule speaks of. */
const defaultWatchMs = 300_000;

function skipReason(
  experiment: Experiment,
  description: Cluster["description"],
  actuators: Pick<Cluster["actuators"], "unsupported">,
  variants: PlannedVariant[],
): string | null {
  for (const capability of experiment.fault.needs) {
    const reason = actuators.unsupported(capability);
    if (reason !== null) return reason;
  }
  const missing = experiment.operators?.find((operator) => !description.operators.includes(operator));
  if (missing !== undefined) return `the ${missing} operator is not installed`;
  for (const remedy of experiment.remedies ?? []) {
    const lack = remedy.lacks(description);
    if (lack !== null) return lack;
  }
  if (experiment.clusterEvictionStrategy !== undefined && description.provider === "existing") {
    return "it changes the cluster's own eviction strategy, which others go by on an existing cluster";
  }
  const victims = variants.filter(({ role }) => role === "victim");
  if (victims.some(({ skip }) => skip === null)) return null;
  const [skip] = new Set(victims.map((victim) => victim.skip));
  if (skip != null && victims.every((victim) => victim.skip === skip)) return skip;
  const why = victims.map(({ name, skip }) => `${name}: ${skip}`);
  return why.length === 0 ? "it has no victims" : `no victim can be hit (${why.join("; ")})`;
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
