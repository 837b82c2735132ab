import { comebacks } from "../experiment/plan.ts";
import { valueAt } from "../observe/history.ts";
import type { NodeState } from "../observe/object-states.ts";
import type { Incarnation, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { isFinal } from "./aim.ts";
import type { Bite } from "./bite.ts";
import { dataFateOf } from "./data-fate.ts";
import { distrustOf } from "./distrust.ts";
import { downtimeOf } from "./downtime.ts";
import { adviceOf, slowestOf } from "./governing-setting.ts";
import { elapsed, midpoint } from "./intervals.ts";
import { leastMembers } from "./least-members.ts";
import { milestonesOf } from "./milestones.ts";
import { finalPhase, readOutcome, type Reading } from "./outcome.ts";
import type { Evidence, Interval, Member, ProvenBy, Recovery, Stage } from "./recovery.ts";
import { parallelMigrations } from "./parallel.ts";
import { signsAfter } from "./signs.ts";
import { splitBrainOf } from "./split-brain.ts";
import { stagesBetween } from "./stages.ts";
import { isNodeLost } from "./stuck.ts";
import { userSigns, usersOf } from "./users.ts";
import type { Window } from "./window.ts";

export interface JudgeOptions {
  /** Milliseconds a good stretch must last unbroken to count. */
  settleMs: number;
  /** When the disturbance took effect; null where that is not proved. */
  bite: Bite | null;
  /** Between what instants remedies or reverts were called; the last before it is good counts. */
  reliefs: Interval[];
  /** The cluster's live settings, as far as known. */
  settings: Record<string, unknown>;
}

/** What became of a subject in a window. `timeline` must end with the window: what comes after is not known. */
export function judgeRecovery(
  timeline: Timeline,
  subject: SubjectTimeline,
  window: Window,
  { settleMs, bite, reliefs, settings }: JudgeOptions,
): Recovery {
  const reading = readOutcome(timeline, subject, window, settleMs);
  const isComeback = comebacks.has(reading.outcome);
  const bitten = bite === null ? null : { low: bite.fromMs, high: bite.toMs };
  const good = isComeback ? notBefore(reading.good, bitten) : null;
  const relief = reliefs.findLast((each) => good !== null && each.low <= good.high) ?? null;
  const stages = good === null || bitten === null ? [] : stagesOf(timeline, subject, reading, bitten, good, relief);
  const governing = {
    spec: reading.first[0]?.spec ?? null,
    cluster: settings,
    nodeLost: wasNodeLost(timeline, reading, window),
    askedToStop: reading.first.some(wasAskedToStop),
  };
  const twiceMs = splitBrainOf(subject, window);
  // A comeback ends the whole of its outage, also what of it lies before the window.
  const outage = isComeback ? { ...window, fromMs: Math.min(window.fromMs, bite?.fromMs ?? Infinity) } : window;
  return {
    outcome: reading.outcome,
    detail: twiceMs === null ? reading.detail : `${reading.detail}; ${twice(twiceMs)}`,
    on: reading.on,
    phase: reading.outcome === "stopped" ? finalPhase(subject) : null,
    nodeChanged: nodeChanged(subject, reading, window),
    distrust: distrustOf(timeline, subject, window),
    provenBy: good === null ? null : provenBy(reading, window),
    goodAtMs: good === null ? null : { low: Math.round(good.low), high: Math.round(good.high) },
    ttrMs: good === null || bitten === null ? null : elapsed(bitten, good),
    fromReliefMs: good === null || relief === null ? null : elapsed({ low: relief.high, high: relief.high }, good),
    endedMs: reading.outcome === "stopped" ? endedAt(reading, window) : null,
    censoredAtMs: reading.outcome === "stuck" ? Math.round(window.untilMs) : null,
    downtimeMs: downtimeOf(subject, outage),
    users: usersOf(subject, { bitten, reliefs, settleMs, outage }),
    twiceMs,
    parallel: parallelMigrations(timeline, subject, window),
    leastMembers: leastMembers(subject, window),
    endings: endingsOf(subject, { ...window, fromMs: bite?.fromMs ?? window.fromMs }),
    terminatingPods: terminatingPods(subject, window),
    stages,
    slowest: slowestOf(stages, governing),
    advice: adviceOf(stages, governing),
    before: reading.before,
    after: reading.after,
    data: dataFateOf(subject, reading, window),
    members: membersOf(timeline, subject, window, settleMs),
    evidence: evidenceOf(timeline, subject, reading, window),
  };
}

function endingsOf({ incarnations }: SubjectTimeline, { fromMs, untilMs }: Window): string[] {
  const isWithin = ({ atMs }: { atMs: number }): boolean => atMs > fromMs && atMs <= untilMs;
  const phases = incarnations.flatMap(({ states }) => states.filter(isWithin).map(({ value }) => value.phase));
  const pods = incarnations.flatMap((incarnation) => incarnation.pods).flatMap(({ states }) => states.filter(isWithin));
  const failures = pods.flatMap(({ value }) => (value.phase === "Failed" ? (value.reason ?? []) : []));
  return [...new Set([...phases.filter(isFinal), ...failures])];
}

function terminatingPods({ incarnations }: SubjectTimeline, { untilMs }: Window): number {
  const pods = incarnations.flatMap((incarnation) => incarnation.pods);
  return pods.filter(({ states }) => {
    const state = valueAt(states, untilMs);
    return state?.exists === true && state.deleting;
  }).length;
}

/** A split brain in words. */
function twice({ low, high }: Interval): string {
  return `split brain: two guests of it ran at once, for ${((high - low) / 1000).toFixed(1)} s as far as was seen`;
}

/** The good stretch cannot have begun before the disturbance; nor is it an interval without an end. */
function notBefore(good: Interval | null, bitten: Interval | null): Interval | null {
  if (good === null) return null;
  const low = Math.max(good.low, bitten?.low ?? -Infinity);
  return { low: low === -Infinity ? good.high : Math.min(low, good.high), high: good.high };
}

function stagesOf(
  timeline: Timeline,
  subject: SubjectTimeline,
  reading: Reading,
  bitten: Interval,
  good: Interval,
  relief: Interval | null,
): Stage[] {
  const back = lastBack(reading);
  if (back === undefined) return [];
  const biteMs = midpoint(bitten);
  const { first, isAsked } = reading;
  const rebooted = reading.outcome === "rebooted";
  const milestones = milestonesOf({ timeline, subject, biteMs, first, back, relief, isAsked, rebooted });
  return stagesBetween(biteMs, biteMs + elapsed(bitten, good).value, milestones, "settle");
}

/** The VMI whose return made the subject good: the last of those that serve at the end. */
function lastBack({ last, good }: Reading): Incarnation | undefined {
  const backMs = (incarnation: Incarnation) =>
    Math.max(...incarnation.states.map((change) => change.atMs), ...incarnation.answers.map((answer) => answer.atMs));
  return last
    .filter((incarnation) => incarnation.states.at(-1)?.value.ready === true)
    .toSorted(
      (one, other) => Math.abs(backMs(one) - (good?.high ?? 0)) - Math.abs(backMs(other) - (good?.high ?? 0)),
    )[0];
}

/** Whether a VM runs elsewhere than where it was, or was last; a replica set has no one node. */
function nodeChanged(subject: SubjectTimeline, { outcome, first, last }: Reading, window: Window): boolean | null {
  if (outcome !== "restarted" && outcome !== "migrated") return null;
  if (subject.kind === "VirtualMachineInstanceReplicaSet") return null;
  const from = valueAt(first[0]?.states ?? [], window.fromMs)?.node ?? null;
  const to = valueAt(last[0]?.states ?? [], window.untilMs)?.node ?? null;
  return from === null || to === null ? null : from !== to;
}

/** The weakest proof among the VMIs that came back: an answer that was read after the window began is the strongest. */
function provenBy({ last, isAsked }: Reading, { fromMs, untilMs }: Window): ProvenBy {
  const proofs = last
    .filter((incarnation) => valueAt(incarnation.states, untilMs)?.ready === true)
    .filter((incarnation) => cameBack(incarnation, fromMs))
    .map((incarnation): ProvenBy => {
      if (isAsked && incarnation.answers.some((answer) => answer.ok && answer.atMs > fromMs)) return "answer";
      if (valueAt(incarnation.states, untilMs)?.agentConnected === true) return "agent";
      return incarnation.spec.readinessProbe === undefined ? "ready-only" : "readiness-probe";
    });
  const byStrength: ProvenBy[] = ["ready-only", "readiness-probe", "agent", "answer"];
  return byStrength.find((proof) => proofs.includes(proof)) ?? "ready-only";
}

/** Whether anything about a VMI changed after an instant; a replica set's other members stood by. */
function cameBack({ states, answers }: Incarnation, afterMs: number): boolean {
  return [...states, ...answers].some((change) => change.atMs > afterMs);
}

function endedAt({ last }: Reading, { fromMs }: Window): number | null {
  const states = last.flatMap((incarnation) => incarnation.states);
  const end = states.find(({ value }) => isFinal(value.phase) || !value.exists);
  return end === undefined || end.atMs <= fromMs ? null : Math.round(end.atMs);
}

/** Whether a guest was told to shut down before its VMI ended, and left the time to do so: its launcher lived on. */
function wasAskedToStop({ states, pods, notices }: Incarnation): boolean {
  const endedMs = states.find(({ value }) => isFinal(value.phase))?.atMs ?? Infinity;
  const launcherEnds = pods.map((pod) =>
    pod.states.find(({ value }, i) => !value.computeRunning && pod.states[i - 1]?.value.computeRunning),
  );
  if (launcherEnds.some((end) => (end?.atMs ?? Infinity) < endedMs)) return false;
  const marks = [...states, ...pods.flatMap((pod) => pod.states)].filter(({ value }) => value.deleting);
  const asked = notices.filter((notice) => notice.reason === "ShuttingDown");
  return [...marks, ...asked].some(({ atMs }) => atMs < endedMs);
}

function wasNodeLost(timeline: Timeline, { first }: Reading, { fromMs, untilMs }: Window): boolean {
  const nodes = first.flatMap((incarnation) => valueAt(incarnation.states, fromMs)?.node ?? []);
  return nodes.some(
    (node) =>
      isNodeLost(timeline, node, fromMs) ||
      (timeline.nodes.get(node) ?? []).some(({ atMs, value }) => atMs > fromMs && atMs <= untilMs && !value.ready),
  );
}

/** What became of each VMI of a replica set that was a member in the window; its own VMI is all it is judged by. */
function membersOf(timeline: Timeline, subject: SubjectTimeline, window: Window, settleMs: number): Member[] {
  if (subject.kind !== "VirtualMachineInstanceReplicaSet") return [];
  return subject.incarnations
    .filter(({ states }) =>
      states.some(
        ({ atMs, value }, index) =>
          value.exists && (states[index + 1]?.atMs ?? Infinity) > window.fromMs && atMs <= window.untilMs,
      ),
    )
    .map((incarnation) => {
      const alone: SubjectTimeline = {
        ...subject,
        name: incarnation.name,
        kind: "VirtualMachineInstance",
        set: [],
        incarnations: [incarnation],
      };
      const { outcome, after } = readOutcome(timeline, alone, window, settleMs);
      return { name: incarnation.name, outcome, ...after };
    });
}

function evidenceOf(
  timeline: Timeline,
  subject: SubjectTimeline,
  { good, outcome }: Reading,
  { fromMs }: Window,
): Evidence[] {
  const nodes = new Set(subject.incarnations.flatMap(({ states }) => states.flatMap(({ value }) => value.node ?? [])));
  const ofNodes = [...nodes].flatMap((node) =>
    (timeline.nodes.get(node) ?? [])
      .filter(({ atMs }) => atMs > fromMs)
      .map(({ atMs, value }) => ({ atMs, text: `node ${node} is ${nodeWord(value)}` })),
  );
  const created = subject.incarnations.flatMap(({ name, uid, states }) => {
    const atMs = states[0]?.atMs ?? 0;
    return atMs <= fromMs ? [] : [{ atMs, text: `VMI ${name} is created (uid ${uid})` }];
  });
  const isBack = comebacks.has(outcome) && good !== null;
  const back = isBack ? [{ atMs: good.high, text: "it serves, and goes on serving" }] : [];
  return [...signsAfter(subject, fromMs), ...userSigns(subject, fromMs), ...ofNodes, ...created, ...back]
    .map(({ atMs, text }) => ({ atMs: Math.round(atMs), text }))
    .toSorted((one, other) => one.atMs - other.atMs);
}

function nodeWord({ exists, ready }: NodeState): string {
  if (!exists) return "gone";
  return ready ? "Ready" : "not Ready";
}
