import { firstChange, valueAt, type Change } from "../observe/history.ts";
import type { Incarnation, PodTimeline, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { isFinal } from "./aim.ts";
import type { Interval, StageName } from "./recovery.ts";
import { isReady } from "./serving.ts";
import { signsAfter } from "./signs.ts";

/** Something observed on the way back, and the stage that it ends; milliseconds of the journal. */
export interface Milestone {
  atMs: number;
  ends: StageName;
}

/** What the way back led through. */
export interface Way {
  timeline: Timeline;
  subject: SubjectTimeline;
  biteMs: number;
  /** The VMIs it was made of before, and the one that came back last. */
  first: Incarnation[];
  back: Incarnation;
  relief: Interval | null;
  isAsked: boolean;
  /** Whether the guest booted again in the same VMI. */
  rebooted: boolean;
}

/** The milestones between bite and good stretch that were observed, in any order. */
export function milestonesOf(way: Way): Milestone[] {
  const isAnother = !way.first.some((incarnation) => incarnation.uid === way.back.uid);
  return [
    ...noticed(way),
    ...relieved(way),
    ...(isAnother ? [...ended(way), ...started(way)] : []),
    ...moved(way),
    ...served(way, isAnother || way.rebooted),
  ];
}

/** When the platform noticed; if it never did, when the one who asks the guest did. */
function noticed({ timeline, subject, biteMs, first }: Way): Milestone[] {
  const nodes = new Set(first.flatMap((incarnation) => valueAt(incarnation.states, biteMs)?.node ?? []));
  const lostMs = [...nodes].flatMap(
    (node) => firstChange(timeline.nodes.get(node) ?? [], biteMs, (state) => !state.ready)?.atMs ?? [],
  );
  const signs = signsAfter(subject, biteMs);
  const noticedMs = signs.find((sign) => sign.noticedBy === "platform")?.atMs ?? signs[0]?.atMs ?? Infinity;
  const atMs = Math.min(noticedMs, ...lostMs);
  return atMs === Infinity ? [] : [{ atMs, ends: "detect" }];
}

function relieved({ relief }: Way): Milestone[] {
  if (relief === null) return [];
  return [
    { atMs: relief.low, ends: "held" },
    { atMs: relief.high, ends: "remedy" },
  ];
}

/** The end of what was there before; of a replica set, as far as the next member waited for it. */
function ended({ first, back, biteMs }: Way): Milestone[] {
  const createdMs = back.states[0]?.atMs ?? Infinity;
  const milestones = first.flatMap(({ states, pods }) => {
    const marked = earliest(pods.map((pod) => firstChange(pod.states, biteMs, (state) => state.deleting)));
    const over = firstChange(states, biteMs, (vmi) => vmi.deleting || isFinal(vmi.phase));
    // A pod that is deleted because its VMI is, or has ended, was not evicted.
    const wasEvicted = marked !== null && marked.atMs < (over?.atMs ?? Infinity);
    return [
      ...(wasEvicted ? at(marked, "evict") : []),
      ...at(
        firstChange(states, biteMs, (vmi) => isFinal(vmi.phase)),
        "terminate",
      ),
      ...at(
        firstChange(states, biteMs, (vmi) => !vmi.exists),
        "terminate",
      ),
    ];
  });
  return milestones.filter((milestone) => milestone.atMs <= createdMs);
}

/** The start of another VMI. */
function started({ subject, back, biteMs }: Way): Milestone[] {
  const created = back.states[0];
  const pod = back.pods.find((candidate) => !candidate.isMigrationTarget);
  const wasHeldBack = subject.vm.some(({ atMs, value }) => atMs > biteMs && value.startFailures > 0);
  return [
    ...at(created, wasHeldBack ? "backoff" : "recreate"),
    ...(pod === undefined ? [] : launched(pod, biteMs)),
    ...at(
      firstChange(back.states, biteMs, (vmi) => vmi.phase === "Running"),
      "prepare",
    ),
  ];
}

/** Where a live migration stood. */
function moved({ back, biteMs }: Way): Milestone[] {
  const migration =
    back.migrations.find((each) => each.states.at(-1)?.value.phase === "Succeeded") ?? back.migrations.at(-1);
  const target = back.pods.findLast((pod) => pod.isMigrationTarget && (pod.states[0]?.atMs ?? 0) > biteMs);
  if (migration === undefined || target === undefined) return [];
  const reached = (phase: string) => firstChange(migration.states, biteMs, (state) => state.phase === phase);
  return [
    ...at(migration.states[0], "evict"),
    ...at(target.states[0], "queue"),
    ...launched(target, biteMs),
    ...at(reached("Running"), "prepare"),
    ...at(
      back.states.findLast(({ value }, index) => value.node !== back.states[index - 1]?.value.node),
      "copy",
    ),
  ];
}

function launched(pod: PodTimeline, afterMs: number): Milestone[] {
  return [
    ...at(
      firstChange(pod.states, afterMs, (state) => state.node !== null),
      "schedule",
    ),
    ...at(
      firstChange(pod.states, afterMs, (state) => state.computeRunning),
      "launch",
    ),
  ];
}

/** The guest's way to serving. If it had to boot, a readiness probe waits for that; Ready without one does not. */
function served({ back, biteMs, isAsked }: Way, hadToBoot: boolean): Milestone[] {
  const ready = firstChange(back.states, biteMs, isReady);
  const answer = isAsked ? back.answers.find((each) => each.ok && each.atMs > biteMs) : undefined;
  const answerMs = answer?.atMs ?? Infinity;
  const probeWaits = back.spec.readinessProbe !== undefined && (ready?.atMs ?? Infinity) <= answerMs;
  return [
    ...at(ready, hadToBoot && probeWaits ? "boot" : "ready"),
    ...(answer === undefined ? [] : [{ atMs: answerMs, ends: stageOfAnswer(hadToBoot && !probeWaits) }]),
  ];
}

function stageOfAnswer(isBoot: boolean): StageName {
  return isBoot ? "boot" : "answer";
}

function at(change: Change<unknown> | null | undefined, ends: StageName): Milestone[] {
  return change === null || change === undefined ? [] : [{ atMs: change.atMs, ends }];
}

function earliest<T>(changes: (Change<T> | null)[]): Change<T> | null {
  return changes.reduce(
    (one, other) => (one === null || (other !== null && other.atMs < one.atMs) ? other : one),
    null,
  );
}
