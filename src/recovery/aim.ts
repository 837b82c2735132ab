import type { Action } from "../observe/actions.ts";
import { valueAt } from "../observe/history.ts";
import type { BiteEntry } from "../observe/journal.ts";
import type { SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { argumentsOf, kindOf } from "./action-kinds.ts";

/** Whether an action concerns a subject: it names it, one of its VMIs or pods, or a node that one of them is on. */
export function concerns(timeline: Timeline, action: Action, subject: SubjectTimeline): boolean {
  if (action.name === "inject") return bitesOf(timeline, subject).some((bite) => isWithin(action, bite.to * 1000));
  const named = namesIn(action);
  const atMs = action.fromMs;
  if (kindOf(action).reach === "cluster" && action.entry.vm === undefined) {
    return action.entry.node === undefined || isOn(subject, action.entry.node, atMs);
  }
  const own = [
    subject.name,
    ...subject.incarnations.flatMap((incarnation) => [
      incarnation.name,
      ...incarnation.pods.map((pod) => pod.name),
      ...incarnation.migrations.map((migration) => migration.name),
    ]),
  ];
  if (own.some((name) => named.has(name))) return true;
  const { vm, node } = action.entry;
  // An act on one VM says where that is; it is not aimed at the node.
  if (vm !== undefined) return false;
  return [...named, ...(node === undefined ? [] : [node])].some((name) => isOn(subject, name, atMs));
}

/** The proofs of effect on a subject that were written down; a replica set has one for each member that was hit. */
export function bitesOf(timeline: Timeline, subject: SubjectTimeline): BiteEntry[] {
  const uids = new Set(subject.incarnations.map((incarnation) => incarnation.uid));
  return timeline.bites.filter((bite) => uids.has(bite.vmiUid));
}

/** An act cannot have had its effect before it began; the proof of it may be written after it ended. */
function isWithin({ fromMs, toMs }: Action, ms: number): boolean {
  return fromMs <= ms + 1 && ms <= (toMs ?? Infinity) + 1;
}

/** Whether a node was taken away, and not given back, by an instant. */
export function isTaken({ actions }: Timeline, node: string, ms: number): boolean {
  const last = actions.findLast(
    (action) => action.entry.node === node && action.fromMs <= ms && kindOf(action).node !== undefined,
  );
  return last !== undefined && kindOf(last).node === "taken";
}

/** Whether a guest of the subject was on that node, as far as the platform knew. */
export function isOn(subject: SubjectTimeline, node: string, ms: number): boolean {
  return subject.incarnations.some((incarnation) => {
    const state = valueAt(incarnation.states, ms);
    return state?.exists === true && state.node === node && !isFinal(state.phase);
  });
}

export function isFinal(phase: string): boolean {
  return phase === "Succeeded" || phase === "Failed";
}

/** Names of objects in an action's details: `kind/name` counts as its name. */
function namesIn(action: Action): Set<string> {
  const { vm, vmi, pod, target, variant } = action.entry;
  const words = [vm, vmi, pod, target, variant, ...argumentsOf(action)].filter((word) => typeof word === "string");
  return new Set(words.map((word) => word.slice(word.lastIndexOf("/") + 1)));
}
