import { formatLimit, formatMeasured, formatMs, oneLine, plural, shellWord } from "./format.ts";
import { verdictColour, type ExperimentResult, type Judgement, type Results, type VariantResult } from "./results.ts";
import type { PracticeResult } from "./results.ts";
import type { Verdict, VerdictColour } from "./results.ts";

/** One judgement with what it belongs to: a row of every table. */
export interface Row {
  experiment: ExperimentResult;
  variant: VariantResult;
  judgement: Judgement;
}

/** Every judgement there is, in the order of the run. */
export function rowsOf(experiments: ExperimentResult[]): Row[] {
  return experiments.flatMap((experiment) =>
    experiment.variants.flatMap((variant) =>
      variant.judgements.map((judgement) => ({ experiment, variant, judgement })),
    ),
  );
}

export const verdictText: Record<Verdict, string> = {
  recovered: "recovered",
  "as-expected": "as expected",
  late: "late",
  "not-recovered": "not recovered",
  unexpected: "unexpected",
  invalid: "invalid",
  "not-injected": "not injected",
  skipped: "skipped",
};

/** A mark beside the verdict's text, so that colour is never alone. */
export const colourMark: Record<VerdictColour, string> = {
  green: "✓",
  red: "✗",
  invalid: "?",
  notInjected: "∅",
  skipped: "–",
};

export const colourText: Record<VerdictColour, string> = {
  green: "green",
  red: "red",
  invalid: "invalid",
  notInjected: "not injected",
  skipped: "skipped",
};

export const practiceText: Record<PracticeResult["verdict"], string> = {
  holds: "holds",
  "holds-with-conditions": "holds with conditions",
  "does-not-hold": "does not hold",
  "not-tested": "not tested",
};

export const practiceMark: Record<PracticeResult["verdict"], string> = {
  holds: "✓",
  "holds-with-conditions": "◐",
  "does-not-hold": "✗",
  "not-tested": "–",
};

export function colourOf(judgement: Judgement): VerdictColour {
  return verdictColour[judgement.verdict];
}

/** The variant's name, with the repetition where there are several. */
export function variantTitle(experiment: ExperimentResult, variant: VariantResult): string {
  const repeated = experiment.variants.some((other) => other.name === variant.name && other.repeat > 1);
  return oneLine(variant.name) + (repeated ? ` #${variant.repeat}` : "");
}

/** Whether the phase is worth naming: it is not where there is only one. */
export function phaseTitle(experiment: ExperimentResult, judgement: Judgement): string {
  const only = experiment.variants.every((variant) =>
    variant.judgements.every(({ phase }) => phase === judgement.phase),
  );
  return only ? "" : oneLine(judgement.phase);
}

/** `restarted within 60 s`, or `nothing` where nothing is expected. */
export function expectedText(judgement: Judgement): string {
  if (!judgement.expected) return "nothing";
  return [judgement.expected.outcome, expectedLimits(judgement)].filter(Boolean).join(" ");
}

/** The limits of an expectation: `within 60 s, down for at most 5 s`; after a remedy or the return, `within 60 s of relief`. */
export function expectedLimits(judgement: Judgement): string {
  const { withinMs = null, maxDowntimeMs = null } = judgement.expected ?? {};
  const within = withinMs !== null && `within ${formatLimit(withinMs)}${isAfterRelief(judgement) ? " of relief" : ""}`;
  const down =
    maxDowntimeMs !== null && (maxDowntimeMs === 0 ? "never down" : `down for at most ${formatLimit(maxDowntimeMs)}`);
  return [within, down].filter(Boolean).join(", ");
}

/** Whether limits of this judgement's phase count from the end of the remedy or revert, and not from the bite. */
function isAfterRelief({ phase }: Judgement): boolean {
  return phase !== "observe";
}

/** From the bite to where the limit lies, in milliseconds; null where there is no limit. */
export function limitAtMs({ experiment, variant, judgement }: Row): number | null {
  const withinMs = judgement.expected?.withinMs ?? null;
  if (withinMs === null || !isAfterRelief(judgement)) return withinMs;
  const { ttrMs, fromReliefMs } = judgement;
  if (ttrMs && fromReliefMs) return ttrMs.value - fromReliefMs.value + withinMs;
  const phase = experiment.phases.find(({ name }) => name === judgement.phase);
  return phase ? phase.fromMs - originMs(variant) + withinMs : null;
}

/** `26.9 s ±0.2 from relief`, where there was one. */
export function reliefText({ fromReliefMs }: Judgement): string {
  return fromReliefMs ? `${formatMeasured(fromReliefMs)} from relief` : "";
}

/** How it was for those who come through Services before the VM, a line each; empty where they were served all along, or there are none. */
export function usersText({ users = [] }: Judgement): string {
  return users
    .filter(({ downtimeMs, served }) => !served || downtimeMs.high > 0)
    .map((each) => `${users.length > 1 ? `users of ${oneLine(each.service)}` : "users"} ${servedText(each)}`)
    .join("\n");
}

/** `36.0 s ±0.1`, `2.3 s ±0.1 from relief` where there was one, `not served`, `not for 12.0 s ±0.2`. */
export function servedText({
  served,
  ttrMs,
  fromReliefMs,
  downtimeMs,
}: NonNullable<Judgement["users"]>[number]): string {
  if (!served) return "not served";
  if (fromReliefMs) return `${formatMeasured(fromReliefMs)} from relief`;
  return ttrMs ? formatMeasured(ttrMs) : `not for ${formatMeasured(downtimeMs)}`;
}

/** `restarted on another node`, `stuck (node-lost)`, `stopped (Succeeded)`; an en dash for what took no part. */
export function outcomeText(judgement: Judgement): string {
  if (tookNoPart(judgement)) return "–";
  const more = outcomeDetail(judgement);
  const twice = twiceText(judgement);
  const tail = twice === null ? "" : `, split brain for ${twice}`;
  if (more === null) return judgement.outcome + tail;
  return (judgement.outcome === "restarted" ? `restarted on ${more}` : `${judgement.outcome} (${more})`) + tail;
}

/** For how long two guests of the VM were seen alive at once; null where they were not. */
export function twiceText({ twiceMs }: Judgement): string | null {
  return twiceMs && formatMs(twiceMs.high - twiceMs.low);
}

/** What is to be said beside an outcome: where it is stuck, how it ended, on which node it runs. */
export function outcomeDetail({ outcome, on, finalPhase, nodeChanged }: Judgement): string | null {
  if (outcome === "stuck") return on;
  if (outcome === "stopped") return finalPhase && oneLine(finalPhase);
  if (outcome === "restarted" && nodeChanged !== null) return nodeChanged ? "another node" : "the same node";
  return null;
}

/** From what the times of a variant count: the bite, or where none was proven, the injection. */
export function originMs({ bite, injected }: VariantResult): number {
  return bite?.atMs ?? injected?.fromMs ?? 0;
}

/** The time to recover with its interval, or what there is in its place; an en dash where there is none. */
export function timeText(variant: VariantResult, judgement: Judgement): string {
  if (judgement.ttrMs) return formatMeasured(judgement.ttrMs);
  if (judgement.censoredAtMs !== null) return `> ${formatMs(judgement.censoredAtMs - originMs(variant))}`;
  if (judgement.endedMs !== null) return `ended at ${formatMs(judgement.endedMs - originMs(variant))}`;
  return "–";
}

/** The longest stage with what governs it: `boot 12.3 s: cloud-init, in the guest`. */
export function slowestText(judgement: Judgement): string {
  return judgement.slowest ? `${slowestStage(judgement)}: ${oneLine(judgement.slowest.because)}` : "";
}

/** The longest stage alone: `boot 12.3 s`. */
export function slowestStage({ slowest, stages }: Judgement): string {
  const stage = stages.find(({ name }) => name === slowest?.name);
  return [slowest?.name, stage && formatMs(stage.ms)].filter(Boolean).join(" ");
}

/** Whether it was left out, and not only without a rule that speaks of it: then nothing was seen of it. */
function tookNoPart({ verdict, outcome, evidence }: Judgement): boolean {
  return verdict === "skipped" && outcome === "unknown" && evidence.length === 0;
}

/** What was expected, why, and what was seen, in sentences. */
export function explanation(judgement: Judgement): string {
  const { expected, detail, reasons } = judgement;
  if (tookNoPart(judgement)) return reasons.map((reason) => capitalised(sentence(reason))).join(" ");
  const promise = expected ? `Expected: ${expectedText(judgement)} (${oneLine(expected.source)}).` : "";
  const seen = `Seen: ${outcomeText(judgement)}${detail ? `; ${sentence(detail)}` : "."}`;
  const further = reasons.filter((reason) => !detail || !reason.includes(detail));
  return [promise, seen, ...further.map((reason) => capitalised(sentence(reason)))].filter(Boolean).join(" ");
}

/** What was left out of a run: each reason in a sentence, with the experiments and VMs that it kept out. */
export function leftOut({ experiments }: Results): { reason: string; names: string[] }[] {
  const whole = experiments
    .filter(({ variants }) => variants.length === 0)
    .map(({ id, reason }) => ({ name: oneLine(id), reason: skipText(reason) }));
  const parts = rowsOf(experiments)
    .filter(({ judgement }) => tookNoPart(judgement))
    .map(({ experiment, variant, judgement }) => ({
      name: `${oneLine(experiment.id)}/${variantTitle(experiment, variant)}`,
      reason: explanation(judgement),
    }));
  const byReason = Map.groupBy([...whole, ...parts], ({ reason }) => reason.replace(/^Skipped\. /, ""));
  return [...byReason].map(([reason, kept]) => ({ reason, names: [...new Set(kept.map(({ name }) => name))] }));
}

/** That and why an experiment was skipped, in sentences. */
export function skipText(reason: string | null): string {
  return `Skipped. ${capitalised(sentence(reason ?? "nothing was judged"))}`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sentence(text: string): string {
  const line = oneLine(text);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

/** `11 green, 1 red`: only the colours that occur, `nothing judged` where none does. */
export function summaryText({ summary }: Results): string {
  const colours = Object.keys(colourText) as VerdictColour[];
  const counts = colours
    .filter((colour) => summary[colour] > 0)
    .map((colour) => `${summary[colour]} ${colourText[colour]}`);
  return counts.join(", ") || "nothing judged";
}

/** `simulated cluster, 4 nodes, Kubernetes v1.34.1, KubeVirt v1.6.2`. */
export function clusterText({ cluster }: Results): string {
  return `${cluster.provider} cluster, ${plural(cluster.nodes, "node")}, Kubernetes ${oneLine(cluster.kubernetes)}, KubeVirt ${oneLine(cluster.kubevirt)}`;
}

/** The command that runs one variant alone again, or without it the whole experiment. */
export function rerunCommand(
  run: Pick<Results, "seed" | "options">,
  experiment: ExperimentResult,
  variant?: VariantResult,
): string {
  const grep = variant ? `${experiment.id}/${variant.name}` : `${experiment.id}/`;
  const words = ["npx", "rebound", "run", experiment.scenario, "--grep", grep, "--seed", String(run.seed)];
  return [...words, ...run.options].map((word) => shellWord(oneLine(word))).join(" ");
}
