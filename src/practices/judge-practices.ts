import type { ExperimentResult, Judgement, PracticeResult, VariantResult } from "../report/results.ts";
import { faultText } from "../report/fault-text.ts";
import { practices } from "./catalogue.ts";
import { conditionsOf, lastResort, type Tested } from "./conditions.ts";
import type { Practice } from "./practice.ts";

/** Verdicts that rest on a measurement that can be trusted. */
const trusted: ReadonlySet<Judgement["verdict"]> = new Set([
  "recovered",
  "late",
  "as-expected",
  "not-recovered",
  "unexpected",
]);

/**
 * What a run says of each practice. A promise is held against what was seen, not against what the platform is
 * documented to do: a platform may do exactly what it documents, and the promise be broken.
 */
export function judgePractices(experiments: ExperimentResult[]): PracticeResult[] {
  return practices.map((practice) => judgePractice(practice, experiments));
}

interface Evidence extends Tested {
  /** experiment/variant/phase */
  where: string;
}

function judgePractice(practice: Practice, experiments: ExperimentResult[]): PracticeResult {
  const { id, promise } = practice;
  const evidence = experiments
    .filter((experiment) => experiment.practices.includes(id))
    .flatMap((experiment) => experiment.variants.flatMap((variant) => test(practice, experiment, variant)));
  const verdict = verdictOf(evidence);
  return {
    id,
    promise,
    verdict,
    conditions: verdict === "holds-with-conditions" ? conditionsOf(evidence) : [],
    evidence: [...new Set(evidence.map(({ where }) => where))],
  };
}

function test(practice: Practice, experiment: ExperimentResult, variant: VariantResult): Evidence[] {
  return variant.judgements.flatMap(({ phase, verdict, outcome }) => {
    const { fault, clusterEvictionStrategy } = experiment;
    const promised = practice.promises({ fault, clusterEvictionStrategy, phase, variant });
    if (promised === null || !trusted.has(verdict)) return [];
    const attributes = attributesOf(experiment, variant, phase);
    return [{ kept: promised.includes(outcome), attributes, where: `${experiment.id}/${variant.name}/${phase}` }];
  });
}

function verdictOf(evidence: Evidence[]): PracticeResult["verdict"] {
  if (evidence.length === 0) return "not-tested";
  if (evidence.every(({ kept }) => kept)) return "holds";
  return evidence.some(({ kept }) => kept) ? "holds-with-conditions" : "does-not-hold";
}

/** All by which one test of a promise may differ from another; what comes first is named first. */
function attributesOf(experiment: ExperimentResult, variant: VariantResult, phase: string): Record<string, string> {
  return {
    "run strategy": variant.runStrategy ?? kindText[variant.kind],
    fault: [faultText(experiment.fault), ...(phase === "observe" ? [] : [phase])].join(" then "),
    ...variant.traits,
    ...evictionStrategyOf(experiment, variant),
    [lastResort]: variant.name,
  };
}

function evictionStrategyOf({ clusterEvictionStrategy }: ExperimentResult, { evictionStrategy }: VariantResult) {
  if (evictionStrategy !== null) return { "eviction strategy": evictionStrategy };
  return clusterEvictionStrategy === undefined
    ? {}
    : { "eviction strategy": `${clusterEvictionStrategy} (the cluster's)` };
}

const kindText = {
  VirtualMachine: "none",
  VirtualMachineInstance: "none (a VMI alone)",
  VirtualMachineInstanceReplicaSet: "none (a replica set)",
};
