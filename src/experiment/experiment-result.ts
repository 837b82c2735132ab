import type { ActionEntry, EndEntry, JournalLine } from "../observe/journal.ts";
import { judgeJournal, type JudgedJournal, type JudgedPhase, type JudgedSubject } from "../recovery/judge-journal.ts";
import type { DataFate, Identity, Recovery } from "../recovery/recovery.ts";
import type { ExperimentResult, Judgement, VariantResult } from "../report/results.ts";
import type { Expectation, Plan, PlannedVariant } from "./plan.ts";
import { traitsOf } from "../workload/traits.ts";
import { imageNotes } from "./provide-images.ts";
import { judge } from "./verdict.ts";

export interface ResultOptions {
  /** The scenario's name or the journal's, where the journal has no plan that says it. */
  name: string;
  /** Path of the journal within the run's folder. */
  journal: string | null;
  /** Judges this window (milliseconds of the journal) in place of the phases. */
  window?: { fromMs?: number; untilMs?: number };
}

/** Everything that is said of an experiment, from its journal alone. A journal without a plan has outcomes and no verdicts. */
export function experimentResult(lines: JournalLine[], options: ResultOptions): ExperimentResult {
  const judged = judgeJournal(lines, options.window);
  const { plan } = judged;
  const endMs = Math.round((lines.at(-1)?.at ?? 0) * 1000);
  return {
    id: plan?.id ?? options.name,
    scenario: plan?.scenario ?? options.name,
    title: judged.title,
    status: "judged",
    reason: null,
    practices: plan?.practices ?? [],
    fault: { ...(plan === null ? recordedFault : faultOf(plan)), target: targetsOf(lines) },
    remedies: plan?.remedies.map(({ name: remedy }) => remedy) ?? [],
    ...(plan !== null && { clusterEvictionStrategy: plan.cluster.settings.evictionStrategy }),
    journal: options.journal,
    concurrentVictims: victimsOf(judged),
    phases: judged.phases.map(({ name, fromMs, untilMs }) => ({
      name,
      fromMs: Math.round(fromMs),
      toMs: Math.round(Math.min(untilMs, endMs)),
    })),
    variants: plan === null || options.window ? recordedVariants(judged) : plannedVariants(judged.phases, plan, lines),
  };
}

/** The result of an experiment that is not run, with the reason that its plan gives. */
export function skippedResult(plan: Plan): ExperimentResult {
  return {
    id: plan.id,
    scenario: plan.scenario,
    title: plan.title,
    status: "skipped",
    reason: plan.skip,
    practices: plan.practices,
    fault: { ...faultOf(plan), target: [] },
    remedies: plan.remedies.map(({ name }) => name),
    journal: null,
    concurrentVictims: 0,
    phases: [],
    variants: [],
  };
}

/** The phases for which a variant gets a judgement; one that is left out gets one, to say so. */
export function judgedPhases(plan: Plan, variant: PlannedVariant): string[] {
  const names = plan.phases.map(({ name }) => name);
  if (variant.skip !== null) return names.slice(0, 1);
  return names.filter((name) => variant.expectations[name] !== undefined);
}

/** The repetitions of one experiment as one result, in order; what they do not share is the first's. */
export function mergeRepeats([first, ...others]: [ExperimentResult, ...ExperimentResult[]]): ExperimentResult {
  return {
    ...first,
    concurrentVictims: Math.max(first.concurrentVictims, ...others.map((other) => other.concurrentVictims)),
    variants: [first, ...others].flatMap(({ variants }) => variants),
  };
}

const recordedFault = {
  name: "recorded",
  parameters: {},
  scope: "cluster",
  sharing: "independent",
} as const;

function faultOf({ fault: { name, parameters, scope, sharing } }: Plan) {
  return { name, parameters, scope, sharing };
}

function recordedVariants({ phases }: JudgedJournal): VariantResult[] {
  return phases.flatMap(({ name: phase, subjects }) =>
    subjects.map((subject) =>
      variantResult(
        { ...subject, manifestSha256: "", traits: {}, repeat: 1 },
        [judgement(phase, subject.recovery, null, judge({ ...unplanned, ...subject, bitten: subject.bite !== null }))],
        [subject],
      ),
    ),
  );
}

const unplanned = { isAfterRelief: false, expectation: null, refusal: null, skip: null, broken: null };

function plannedVariants(phases: JudgedPhase[], plan: Plan, lines: JournalLine[]): VariantResult[] {
  return plan.variants.map((variant) => {
    const subjects = phases.flatMap((phase) => subjectOf(phase, variant) ?? []);
    const judgements = judgedPhases(plan, variant).map((name) => judgePlanned(variant, name, phases, lines));
    const notes = [...(variant.notes ?? []), ...imageNotes(actions(lines), variant)];
    return variantResult({ ...variant, notes, traits: traitsOf(variant), repeat: plan.repeat }, judgements, subjects);
  });
}

function judgePlanned(variant: PlannedVariant, name: string, phases: JudgedPhase[], lines: JournalLine[]): Judgement {
  const phase = phases.find((each) => each.name === name);
  const subject = phase && subjectOf(phase, variant);
  const recovery = subject?.recovery ?? notObserved;
  const expectation = whatHolds(variant.expectations[name] ?? null, recovery);
  const { verdict, reasons } = judge({
    role: variant.role,
    isAfterRelief: name !== "observe",
    expectation,
    recovery,
    // What was refused in the first phase is not asked again in the next.
    bitten: phases.some((each) => (subjectOf(each, variant)?.bite ?? null) !== null),
    refusal: refusalOf(lines, variant),
    skip: variant.skip,
    broken: phase?.complete === true ? leftOver(phases, lines) : whyBroken(lines),
  });
  return judgement(name, recovery, expectation, { verdict, reasons });
}

/** The expectation, or what it says of a hazard that was met. */
function whatHolds(expectation: Expectation | null, { endings }: Recovery): Expectation | null {
  const hazard = expectation?.unless;
  return hazard !== undefined && endings.includes(hazard.ending) ? hazard.instead : expectation;
}

function judgement(
  phase: string,
  {
    phase: finalPhase,
    distrust: _distrust,
    before: _before,
    after: _after,
    data: _data,
    members: _members,
    endings: _endings,
    parallel: _parallel,
    leastMembers: _leastMembers,
    users,
    ...recovery
  }: Recovery,
  expectation: Expectation | null,
  judged: Pick<Judgement, "verdict" | "reasons">,
): Judgement {
  const { floorMs = null, unless: _unless, ...expected } = expectation ?? {};
  return {
    ...recovery,
    ...(users.length > 0 && { users }),
    phase,
    expected: expectation === null ? null : (expected as Judgement["expected"]),
    ...judged,
    finalPhase,
    floorMs,
  };
}

function variantResult(
  variant: Pick<
    VariantResult,
    "name" | "role" | "kind" | "runStrategy" | "evictionStrategy" | "manifestSha256" | "traits" | "repeat"
  > & { notes?: string[] },
  judgements: Judgement[],
  subjects: JudgedSubject[],
): VariantResult {
  const { name, role, kind, runStrategy, evictionStrategy, manifestSha256, traits, repeat } = variant;
  const bite = subjects.find((subject) => subject.bite !== null)?.bite;
  return {
    name,
    role,
    kind,
    runStrategy,
    evictionStrategy,
    manifestSha256,
    traits,
    notes: variant.notes ?? [],
    repeat,
    injected: subjects.find(({ injected }) => injected !== null)?.injected ?? null,
    bite: bite
      ? { atMs: Math.round((bite.fromMs + bite.toMs) / 2), evidence: bite.evidence, ...refusedIf(bite) }
      : null,
    judgements,
    before: subjects[0]?.recovery.before ?? nobody,
    after: subjects.at(-1)?.recovery.after ?? nobody,
    members: subjects.at(-1)?.recovery.members ?? [],
    data: worstOf(subjects.map(({ recovery }) => recovery.data)),
  };
}

function refusedIf({ refused }: { refused?: true }): { refused?: true } {
  return refused === true ? { refused } : {};
}

/** What became of the data in the end: what one phase lost, no later one brings back. */
function worstOf(fates: DataFate[]): DataFate {
  const byHarm: DataFate[] = ["lost", "lost-by-design", "kept"];
  return byHarm.find((fate) => fates.includes(fate)) ?? "unknown";
}

function subjectOf({ subjects }: JudgedPhase, { name }: PlannedVariant): JudgedSubject | undefined {
  return subjects.find((subject) => subject.name === name);
}

/** How many victims the fault hit at once; of a replica set, each member that was hit. */
function victimsOf({ phases: [first] }: JudgedJournal): number {
  return (first?.subjects ?? []).filter(({ role, bite }) => role === "victim" && bite !== null).length;
}

function targetsOf(lines: JournalLine[]): string[] {
  const target = actions(lines).find(({ name, phase }) => name === "inject" && phase === "start")?.["target"];
  return Array.isArray(target) ? target.map(String) : [];
}

function refusalOf(lines: JournalLine[], variant: PlannedVariant): string | null {
  const isOf = (line: ActionEntry): boolean => line["variant"] === variant.name;
  const refused = actions(lines).find((line) => (line.name === "refused" || line.name === "not-hit") && isOf(line));
  return refused?.result ?? null;
}

/** What a run left behind that went well otherwise; it may have distorted what was seen. */
function leftOver(phases: JudgedPhase[], lines: JournalLine[]): string | null {
  const end = lines.find((line): line is JournalLine & EndEntry => line.kind === "end");
  return end?.status === "failed" && phases.every(({ complete }) => complete) ? whyBroken(lines) : null;
}

/** Why a phase did not run to its end. */
function whyBroken(lines: JournalLine[]): string {
  const end = lines.find((line): line is JournalLine & EndEntry => line.kind === "end");
  if (end === undefined) return "the journal ends in mid-run";
  return end.reason ?? end.status;
}

function actions(lines: JournalLine[]): ActionEntry[] {
  return lines.filter((line): line is JournalLine & ActionEntry => line.kind === "action");
}

const nobody: Identity = { vmiUid: null, node: null, bootId: null };

/** What is known of a phase that was never begun. */
const notObserved: Recovery = {
  outcome: "unknown",
  detail: "it was not observed",
  on: null,
  phase: null,
  nodeChanged: null,
  distrust: [],
  provenBy: null,
  goodAtMs: null,
  ttrMs: null,
  fromReliefMs: null,
  endedMs: null,
  censoredAtMs: null,
  downtimeMs: null,
  users: [],
  twiceMs: null,
  parallel: null,
  leastMembers: null,
  endings: [],
  terminatingPods: 0,
  stages: [],
  slowest: null,
  advice: null,
  before: nobody,
  after: nobody,
  data: "unknown",
  members: [],
  evidence: [],
};
