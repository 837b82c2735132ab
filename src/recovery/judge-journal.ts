import { UsageError } from "../errors.ts";
import type { Plan, PlannedVariant, VariantKind } from "../experiment/plan.ts";
import type { EvictionStrategy, RunStrategy } from "../kube/objects.ts";
import { pairActions } from "../observe/actions.ts";
import { valueAt, type History } from "../observe/history.ts";
import type { ActionEntry, JournalLine } from "../observe/journal.ts";
import { buildTimeline, type SubjectTimeline, type Timeline } from "../observe/timeline.ts";
import { timeOf } from "../observe/watch-order.ts";
import { kindOf } from "./action-kinds.ts";
import { findDisturbance, reliefsAfter, type Bite } from "./bite.ts";
import { judgeRecovery } from "./judge.ts";
import { downSince } from "./outcome.ts";
import type { Recovery } from "./recovery.ts";
import type { Window } from "./window.ts";

/** What a good stretch must last where no plan says it, in milliseconds. */
export const defaultSettleMs = 5000;

/** One subject in one phase, with what was done to it and what became of it. */
export interface JudgedSubject {
  name: string;
  namespace: string;
  kind: VariantKind;
  /** As the phase began. */
  runStrategy: RunStrategy | null;
  evictionStrategy: EvictionStrategy | null;
  role: "victim" | "bystander";
  /** When the disturbing call was made; null for bystanders, and where no call names it. */
  injected: { fromMs: number; toMs: number } | null;
  bite: Bite | null;
  recovery: Recovery;
}

/** One window of a journal. Without a plan there is one, called `window`. */
export interface JudgedPhase {
  name: string;
  fromMs: number;
  untilMs: number;
  /** Whether it ran to its end; a journal that was cut off, or a phase that was broken off, did not. */
  complete: boolean;
  subjects: JudgedSubject[];
}

export interface JudgedJournal {
  plan: Plan | null;
  /** The plan's title, or the recording's. */
  title: string;
  phases: JudgedPhase[];
}

/**
 * Judges a journal, a planned one by its phases, a recording from its first disturbance to its end, and either in
 * the one window that is asked for (milliseconds of the journal).
 */
export function judgeJournal(
  lines: readonly JournalLine[],
  asked: { fromMs?: number; untilMs?: number } = {},
): JudgedJournal {
  const plan = planOf(lines);
  const title = plan?.title ?? titleOf(lines);
  const isAsked = asked.fromMs !== undefined || asked.untilMs !== undefined;
  const phases = plan === null || isAsked ? [windowOf(lines, asked)] : phasesOf(lines);
  return { plan, title, phases: phases.map((phase) => judgePhase(lines, plan, phase)) };
}

type Phase = Omit<JudgedPhase, "subjects">;

interface Known {
  settleMs: number;
  settings: Record<string, unknown>;
}

function judgePhase(lines: readonly JournalLine[], plan: Plan | null, phase: Phase): JudgedPhase {
  const timeline = buildTimeline(lines, phase.untilMs);
  const known = {
    settleMs: plan?.settleMs ?? defaultSettleMs,
    settings: plan?.cluster.settings ?? settingsOf(lines),
  };
  if (plan === null) {
    const present = timeline.subjects.filter((subject) => existsIn(subject, phase));
    return { ...phase, subjects: present.map((subject) => judgeSubject(timeline, subject, phase, known)) };
  }
  const subjects = plan.variants.map((variant) => {
    const judged = judgeSubject(timeline, subjectOf(timeline, plan, variant), phase, known);
    const { name, role, runStrategy, evictionStrategy } = variant;
    return { ...judged, name, role, runStrategy, evictionStrategy };
  });
  return { ...phase, subjects };
}

function judgeSubject(timeline: Timeline, subject: SubjectTimeline, window: Window, known: Known): JudgedSubject {
  const downSinceMs = downSince(subject, window.fromMs);
  const disturbance = findDisturbance(timeline, subject, window, downSinceMs);
  const bite = disturbance?.bite ?? null;
  const reliefs = bite === null ? [] : reliefsAfter(timeline, subject, bite);
  return {
    name: subject.name,
    namespace: subject.namespace,
    kind: subject.kind,
    runStrategy: valueAt(subject.vm, window.fromMs)?.runStrategy ?? subject.vm[0]?.value.runStrategy ?? null,
    evictionStrategy: subject.evictionStrategy,
    role: disturbance === null ? "bystander" : "victim",
    injected: disturbance?.injected ?? null,
    bite,
    recovery: judgeRecovery(timeline, subject, window, { ...known, bite, reliefs }),
  };
}

/** What is known of a planned variant: the object that it names first, which lies in the experiment's own namespace. */
function subjectOf(timeline: Timeline, { namespace }: Plan, variant: PlannedVariant): SubjectTimeline {
  const { kind } = variant;
  const name = variant.manifests[0]?.metadata.name ?? variant.name;
  const found = timeline.subjects.find(
    (each) => each.name === name && each.namespace === namespace && each.kind === kind,
  );
  return found ?? neverSeen(name, namespace, variant);
}

function neverSeen(name: string, namespace: string, variant: PlannedVariant): SubjectTimeline {
  const { kind, evictionStrategy } = variant;
  return { name, namespace, kind, evictionStrategy, vm: [], set: [], incarnations: [], paths: [] };
}

function planOf([first]: readonly JournalLine[]): Plan | null {
  return first?.kind === "plan" ? first.plan : null;
}

function recordingOf(lines: readonly JournalLine[]): ActionEntry | undefined {
  return lines.find((line) => line.kind === "action" && line.name === "recording") as ActionEntry | undefined;
}

function titleOf(lines: readonly JournalLine[]): string {
  const title = recordingOf(lines)?.["title"];
  return typeof title === "string" ? title : "a journal without a plan";
}

function settingsOf(lines: readonly JournalLine[]): Record<string, unknown> {
  const settings = recordingOf(lines)?.["settings"];
  return typeof settings === "object" && settings !== null ? { ...settings } : {};
}

/**
 * The window that is asked for; what is not said is the first disturbance, and the end. Where nothing was disturbed
 * it begins when the last VM had been set up.
 */
function windowOf(lines: readonly JournalLine[], { fromMs, untilMs }: { fromMs?: number; untilMs?: number }): Phase {
  const placed = lines.map((line, index) => ({ line, atMs: timeOf(line, index) }));
  const actions = pairActions(placed.flatMap(({ line, atMs }) => (line.kind === "action" ? [{ line, atMs }] : [])));
  const endMs = lastMs(lines);
  const disturbance = actions.find((action) => kindOf(action).effect === "disturbance");
  const from = fromMs ?? disturbance?.fromMs ?? Math.max(0, ...actions.map((action) => action.toMs ?? action.fromMs));
  const until = Math.min(untilMs ?? endMs, endMs);
  if (from >= until || from < 0) {
    throw new UsageError(
      `the window from ${Math.round(from) / 1000} s to ${Math.round(untilMs ?? endMs) / 1000} s holds nothing; the journal ends at ${Math.round(endMs) / 1000} s`,
    );
  }
  return { name: "window", fromMs: from, untilMs: until, complete: true };
}

function lastMs(lines: readonly JournalLine[]): number {
  return lines.reduce((latest, line, index) => Math.max(latest, timeOf(line, index)), 0);
}

/** The phases of a planned journal. The one in which the fault is injected begins where the steady state was seen. */
function phasesOf(lines: readonly JournalLine[]): Phase[] {
  const marks = lines.flatMap((line, index) => (line.kind === "phase" ? [{ line, atMs: timeOf(line, index) }] : []));
  const steadyMs = marks.find(({ line }) => line.name === "steady-state" && line.phase === "end")?.atMs;
  return marks
    .filter(({ line }) => line.phase === "start" && line.name !== "steady-state")
    .map(({ line, atMs }, index) => {
      const end = marks.find((mark) => mark.atMs > atMs && mark.line.name === line.name && mark.line.phase === "end");
      const untilMs = end?.atMs ?? lastMs(lines);
      return { name: line.name, fromMs: index === 0 ? (steadyMs ?? atMs) : atMs, untilMs, complete: end !== undefined };
    });
}

/** Whether a subject was there at some time in the window, as far as it was seen. */
function existsIn({ vm, set, incarnations }: SubjectTimeline, { fromMs }: Window): boolean {
  const histories: History<{ exists: boolean }>[] = [vm, set, ...incarnations.map(({ states }) => states)];
  return histories.some(
    (history) =>
      valueAt(history, fromMs)?.exists === true ||
      history.some((change) => change.atMs > fromMs && change.value.exists),
  );
}
