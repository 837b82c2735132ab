import { nodeLosses } from "../practices/practice.ts";
import { faultText } from "./fault-text.ts";
import type { ExperimentResult, Judgement, RemedyEffect, Results, VariantResult } from "./results.ts";
import { verdictColour } from "./results.ts";
import { settingOf } from "./setting-costs.ts";

/** What was tried when nothing was. */
const nothing = "nothing";

/** What came of one VM: the judgement of the phase in which it was left alone, remedied, or given its node back. */
interface Case {
  fault: string;
  remedy: string;
  experiment: ExperimentResult;
  variant: VariantResult;
  judgement: Judgement;
}

/**
 * What each remedy buys after each way to lose a node: how many of the VMs that are meant to run come back, and how
 * soon, beside what becomes of them when nothing is done. A remedy that no cluster of the run could try says why.
 */
export function remedyEffects({ experiments, cluster }: Pick<Results, "experiments" | "cluster">): RemedyEffect[] {
  const { nodeMonitorGracePeriodSeconds: grace, unreachableTolerationSeconds: toleration } = cluster.settings;
  const markedMs = (grace + toleration) * 1000;
  const losses = experiments.filter(({ fault }) => nodeLosses.includes(fault.name) && !("during" in fault.parameters));
  const cases = losses.flatMap((experiment) => casesOf(experiment, markedMs));
  const groups = Map.groupBy(cases, ({ fault, remedy }) => `${fault}/${remedy}`);
  const untried = losses.filter(({ status }) => status === "skipped").map(untriedEffect);
  return [...[...groups.values()].map(effectOf), ...untried].toSorted(
    (one, other) => orderOf(losses, one) - orderOf(losses, other),
  );
}

function casesOf(experiment: ExperimentResult, markedMs: number): Case[] {
  const fault = faultText(experiment.fault);
  return experiment.variants.filter(isMeantToRun).flatMap((variant) =>
    variant.judgements.filter(isTrusted).flatMap((judgement) => {
      const remedy = remedyOf(experiment, judgement.phase, markedMs);
      return remedy === null ? [] : [{ fault, remedy, experiment, variant, judgement }];
    }),
  );
}

/** Those for whom a recovery is promised at all. */
function isMeantToRun({ role, runStrategy }: VariantResult): boolean {
  return role === "victim" && (runStrategy === "Always" || runStrategy === "RerunOnFailure");
}

function isTrusted({ verdict }: Judgement): boolean {
  return !["invalid", "notInjected", "skipped"].includes(verdictColour[verdict]);
}

/** What was done by then, in words; null for a return that came after another remedy. */
function remedyOf({ phases }: ExperimentResult, phase: string, markedMs: number): string | null {
  if (phase === "observe") return nothing;
  if (phase !== "return") return phase;
  const [observed, next] = phases;
  if (observed === undefined || next?.name !== "return") return null;
  return next.fromMs - observed.fromMs < markedMs
    ? "node back before its pods are marked"
    : "node back after its pods are marked";
}

function effectOf(cases: Case[]): RemedyEffect {
  const [{ fault, remedy }] = cases as [Case];
  const back = cases.filter(({ judgement }) => judgement.ttrMs !== null || judgement.fromReliefMs !== null);
  const spans = back.flatMap(({ judgement }) => judgement.fromReliefMs ?? judgement.ttrMs ?? []);
  const floors = back.flatMap(({ judgement }) => judgement.floorMs ?? []);
  return {
    fault,
    remedy,
    back: back.length,
    of: cases.length,
    timeMs:
      spans.length === 0
        ? null
        : { low: Math.min(...spans.map(({ value }) => value)), high: Math.max(...spans.map(({ value }) => value)) },
    floorMs: floors.length === 0 ? null : Math.min(...floors),
    watchedMs: Math.max(...cases.map(watchedMs)),
    advice: mostFrequent(back.flatMap(({ judgement }) => judgement.advice ?? [])),
    reason: null,
    evidence: cases.map(({ experiment, variant, judgement }) => `${experiment.id}/${variant.name}/${judgement.phase}`),
  };
}

/** How long it was watched from what was done, or from the loss where nothing was. */
function watchedMs({ experiment, judgement }: Case): number {
  const phase = experiment.phases.find(({ name }) => name === judgement.phase);
  return phase === undefined ? 0 : phase.toMs - phase.fromMs;
}

function untriedEffect(experiment: ExperimentResult): RemedyEffect {
  return {
    fault: faultText(experiment.fault),
    remedy: experiment.remedies[0] ?? nothing,
    back: 0,
    of: 0,
    timeMs: null,
    floorMs: null,
    watchedMs: 0,
    advice: null,
    reason: experiment.reason,
    evidence: [],
  };
}

function mostFrequent(texts: string[]): string | null {
  const groups = [...Map.groupBy(texts, (text) => settingOf(text)).values()];
  return groups.toSorted((one, other) => other.length - one.length)[0]?.[0] ?? null;
}

/** By the way the node was lost, as the run has them; what was done to it after nothing. */
function orderOf(losses: ExperimentResult[], { fault, remedy }: RemedyEffect): number {
  const faults = [...new Set(losses.map((experiment) => faultText(experiment.fault)))];
  return faults.indexOf(fault) * 2 + (remedy === nothing ? 0 : 1);
}
