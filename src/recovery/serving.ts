import { valueAt } from "../observe/history.ts";
import type { VmiState } from "../observe/object-states.ts";
import type { Answer, Incarnation, SubjectTimeline } from "../observe/timeline.ts";
import { isFinal } from "./aim.ts";
import type { Identity } from "./recovery.ts";

/** Something turned on or off: after `lowMs`, and no later than `highMs`, when it was first seen so. */
export interface Switch {
  on: boolean;
  lowMs: number;
  highMs: number;
}

/** The newest VMI that a VM, or a bare VMI's name, had by an instant. */
export function incarnationAt(subject: SubjectTimeline, ms: number): Incarnation | undefined {
  return subject.incarnations.findLast((incarnation) => valueAt(incarnation.states, ms) !== undefined);
}

/** The VMIs of a replica set that ran, or were to, at an instant. */
export function membersAt(subject: SubjectTimeline, ms: number): Incarnation[] {
  return subject.incarnations.filter((incarnation) => isLive(valueAt(incarnation.states, ms)));
}

/** Who a VMI was at an instant, as far as it was seen by then. */
export function identityAt(incarnation: Incarnation, ms: number): Identity {
  const bootId = incarnation.answers.findLast((answer) => answer.ok && answer.atMs <= ms)?.bootId ?? null;
  return { vmiUid: incarnation.uid, node: valueAt(incarnation.states, ms)?.node ?? null, bootId };
}

/**
 * When a VMI served as the one it is at the end: Running, no deletion mark, Ready, on its last node, and the guest,
 * where it is asked at all (`isAsked`), answers with its last boot id.
 */
export function servingSwitches(incarnation: Incarnation, isAsked: boolean): Switch[] {
  const end = identityAt(incarnation, Infinity);
  const platform = switchesOf(incarnation.states, (state) => isReady(state) && state.node === end.node);
  if (!isAsked) return platform;
  return both(platform, answerSwitches(incarnation.answers, end.bootId));
}

/**
 * How long before a VMI's end its guest may have fallen silent unnoticed, in milliseconds: it is asked every second
 * or two, and a question is given up after two.
 */
const unnoticedMs = 4000;

/** When the guest of a live VMI answered, whichever boot it was; only where it is asked. */
export function answeringSwitches(incarnation: Incarnation): Switch[] {
  const alive = switchesOf(incarnation.states, (state) => state.exists && state.phase === "Running");
  const asFarAsAsked = alive.map((each) => (each.on ? each : { ...each, lowMs: each.highMs - unnoticedMs }));
  return both(asFarAsAsked, answerSwitches(incarnation.answers, null));
}

/** What the platform says of a VMI that serves; not proof that its guest does. */
export function isReady(state: VmiState): boolean {
  return state.exists && state.phase === "Running" && !state.deleting && state.ready;
}

/** Whether a VMI object stands for a guest that runs, or may come to. */
export function isLive(state: VmiState | undefined): boolean {
  return state !== undefined && state.exists && !isFinal(state.phase);
}

function switchesOf(states: Incarnation["states"], meets: (state: VmiState) => boolean): Switch[] {
  const changes = states.map(({ atMs, notBeforeMs, value }) => ({
    on: meets(value),
    lowMs: notBeforeMs,
    highMs: atMs,
  }));
  return alternating(changes);
}

/** When answers came, with this boot id or, where it is null, with any. */
export function answerSwitches(answers: Answer[], bootId: string | null): Switch[] {
  const changes = answers.map((answer) => ({
    on: answer.ok && (bootId === null || answer.bootId === bootId),
    lowMs: answer.lastOfPreviousMs ?? -Infinity,
    highMs: answer.atMs,
  }));
  return alternating(changes);
}

/** Leaves out what changes nothing; before the first change it is off. */
function alternating(changes: Switch[]): Switch[] {
  return changes.filter((change, index) => change.on !== (changes[index - 1]?.on ?? false));
}

/** On while both are: it turns on with the later of the two. */
function both(one: Switch[], other: Switch[]): Switch[] {
  const changes = [...one.map((change) => ({ change, of: 0 })), ...other.map((change) => ({ change, of: 1 }))];
  changes.sort((first, second) => first.change.highMs - second.change.highMs);
  const last: (Switch | undefined)[] = [undefined, undefined];
  const result: Switch[] = [];
  for (const { change, of } of changes) {
    last[of] = change;
    const lowMs = change.on ? Math.max(...last.map((each) => each?.lowMs ?? -Infinity)) : change.lowMs;
    result.push({
      on: last.every((each) => each?.on === true),
      lowMs: Math.min(lowMs, change.highMs),
      highMs: change.highMs,
    });
  }
  return alternating(result);
}
