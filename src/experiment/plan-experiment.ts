import { createHash } from "node:crypto";
import type { Cluster } from "../cluster/cluster.ts";
import { milliseconds, type Duration } from "../workload/duration.ts";
import type { Variant } from "../workload/variant.ts";
import type { Experiment, Expected } from "./experiment.ts";
import { platformRuling, type Ruling } from "./expectations/expect.ts";
import type { Situation } from "./expectations/situation.ts";
import type { Expectation, Plan, PlannedPhase, PlannedVariant } from "./plan.ts";

/** A good stretch this long is a recovery and not a flicker: KubeVirt shows Ready for a moment on a failed VMI. */
const settleMs = 5_000;

export interface PlanOptions {
  scenario: string;
  seed: number;
  repeat: number;
  /** Variants that are judged; the others are left out. */
  only?(experiment: string, variant: string): boolean;
}

/**
 * Decides everything about an experiment before anything is touched: who takes part, what each must do in which
 * phase and why, and how long to watch.
 */
export function planExperiment(
  experiment: Experiment,
  { description, actuators }: Pick<Cluster, "description" | "actuators">,
  options: PlanOptions,
): Plan {
  const { name, parameters, scope, sharing } = experiment.fault;
  const fault = { name, parameters, scope, sharing };
  const heldMs = experiment.observe === undefined ? null : milliseconds(experiment.observe);
  const chosen = experiment.variants.filter((variant) => options.only?.(experiment.id, variant.name) ?? true);
  const rulings = chosen.map((variant) => ruleVariant(experiment, variant, { fault, heldMs, cluster: description }));

  const phases: PlannedPhase[] = [{ name: "observe", limitMs: heldMs ?? longest(rulings, "observe") }];
  if (watchesReturn(experiment, rulings)) {
    const limitMs = experiment.afterReturn ? milliseconds(experiment.afterReturn) : longest(rulings, "return");
    phases.push({ name: "return", limitMs });
  }
  return {
    id: experiment.id,
    scenario: options.scenario,
    title: experiment.title,
    practices: experiment.practices ?? [],
    seed: options.seed,
    repeat: options.repeat,
    namespace: `rebound-${experiment.id}`,
    cluster: description,
    fault,
    phases,
    variants: rulings.map(({ variant, phases: judged }) => ({
      ...variant,
      expectations: Object.fromEntries(
        phases.flatMap(({ name: phase }) => {
          const ruling = judged[phase];
          return ruling === undefined ? [] : [[phase, ruling.expectation]];
        }),
      ),
    })),
    settleMs,
    skip: skipReason(experiment, actuators, rulings),
  };
}

interface RuledVariant {
  variant: Omit<PlannedVariant, "expectations">;
  phases: Record<string, Ruling>;
}

function ruleVariant(
  experiment: Experiment,
  variant: Variant,
  context: Pick<Situation, "fault" | "heldMs" | "cluster">,
): RuledVariant {
  const planned = { ...variant, manifestSha256: sha256(variant.manifests) };
  const rule = (phase: string, stated: Expected | undefined): Ruling | null => {
    const situation = { ...context, phase, variant: planned };
    const documented = platformRuling(situation);
    return stated === undefined ? documented : statedRuling(stated, experiment, documented);
  };
  const observe = rule("observe", experiment.expect?.[variant.name]);
  const after = rule("return", experiment.expectAfterReturn?.[variant.name]);
  const unfit = variant.role === "victim" ? experiment.fault.unfit({ ...planned, expectations: {}, skip: null }) : null;
  const skip =
    variant.skip ?? unfit ?? (observe === null ? `no rule says what ${context.fault.name} does to it` : null);
  return {
    variant: { ...planned, skip },
    phases: {
      ...(observe !== null && { observe }),
      ...(after !== null && { return: after }),
    },
  };
}

/** A return is watched where the scenario asks for it, or where a rule says what it does to a victim. */
function watchesReturn(experiment: Experiment, rulings: RuledVariant[]): boolean {
  if (experiment.afterReturn !== undefined) return experiment.afterReturn !== false;
  if (experiment.expectAfterReturn !== undefined) return true;
  return rulings.some(({ variant, phases }) => variant.role === "victim" && phases["return"] !== undefined);
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
  return { expectation, watchMs };
}

/** How long to watch what no rule speaks of. */
const defaultWatchMs = 300_000;

function longest(rulings: RuledVariant[], phase: string): number {
  return Math.max(0, ...rulings.map((ruling) => ruling.phases[phase]?.watchMs ?? 0));
}

function skipReason(
  experiment: Experiment,
  actuators: Pick<Cluster["actuators"], "unsupported">,
  rulings: RuledVariant[],
): string | null {
  for (const capability of experiment.fault.needs) {
    const reason = actuators.unsupported(capability);
    if (reason !== null) return reason;
  }
  const victims = rulings.filter(({ variant }) => variant.role === "victim");
  const fit = victims.filter(({ variant }) => variant.skip === null);
  if (fit.length > 0) return null;
  const why = victims.map(({ variant }) => `${variant.name}: ${variant.skip}`);
  return why.length === 0 ? "it has no victims" : `no victim can be hit (${why.join("; ")})`;
}

function sha256(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
