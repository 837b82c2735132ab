import type { Action } from "../observe/actions.ts";
import { valueAt } from "../observe/history.ts";
import type { Incarnation, MigrationTimeline, PodTimeline, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { refusalText, wasRefused } from "./action-kinds.ts";
import { isFinal, isOn } from "./aim.ts";
import { actionsOn, type Window } from "./window.ts";

/**
 * Why a disturbance came to nothing: no node had room, its request was refused, a drain did not get the guest off the node, or the
 * migration failed. Null where nothing of the kind was seen.
 */
export function refusalOf(
  timeline: Timeline,
  subject: SubjectTimeline,
  window: Window,
  parts: Incarnation[],
): string | null {
  const homeless = parts.flatMap((part) => part.pods).find((pod) => findsNoNode(pod, window));
  if (homeless !== undefined) return `no other node takes it: ${homeless.name}, to which it should migrate, fits none`;
  const actions = actionsOn(timeline, subject, window);
  const refused = actions.find(wasRefused);
  if (refused !== undefined) return refusalText(refused);
  const migrations = parts.flatMap((part) => part.migrations);
  const failed = migrations.find((migration) => hasFailed(migration, window));
  if (failed !== undefined) return `migration ${failed.name} failed`;
  const isMoving = migrations.some((migration) => isUnderWay(migration, window.untilMs));
  const stayed = actions.find((action) => isVainDrain(action, subject, window, isMoving));
  return stayed === undefined ? null : `the drain of ${stayed.entry.node ?? "its node"} did not get it away`;
}

function findsNoNode({ isMigrationTarget, states }: PodTimeline, { fromMs }: Window): boolean {
  return isMigrationTarget && states.some(({ atMs, value }) => atMs > fromMs && value.unschedulable);
}

/** kubectl asks again every five seconds (k8s.io/kubectl/pkg/drain): by then it has been refused at least once. */
const drainRetryMs = 5000;

/** A drain that gave up, or goes on with no migration under way, while a guest that should leave is there. */
function isVainDrain(action: Action, subject: SubjectTimeline, { untilMs }: Window, isMoving: boolean): boolean {
  const { node } = action.entry;
  if (action.name !== "drain" || node === undefined || !isOn(subject, node, untilMs)) return false;
  return action.toMs !== null || (!isMoving && untilMs - action.fromMs > 2 * drainRetryMs);
}

/** Whether a migration failed in the window, or was taken away unfinished. */
function hasFailed({ states }: MigrationTimeline, { fromMs }: Window): boolean {
  return states.some(
    ({ atMs, value }) => atMs > fromMs && (value.phase === "Failed" || (!value.exists && !isFinal(value.phase))),
  );
}

function isUnderWay({ states }: MigrationTimeline, ms: number): boolean {
  const state = valueAt(states, ms);
  return state?.exists === true && !isFinal(state.phase);
}
