import type { Action } from "../observe/actions.ts";
import type { SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { concerns } from "./aim.ts";

/** The part of a journal that is judged; milliseconds of the journal. What comes after `untilMs` is not known. */
export interface Window {
  fromMs: number;
  untilMs: number;
}

/** The actions that concern a subject and went on in a window, by their beginning. */
export function actionsOn(timeline: Timeline, subject: SubjectTimeline, { fromMs, untilMs }: Window): Action[] {
  return timeline.actions.filter(
    (action) => action.fromMs <= untilMs && (action.toMs ?? Infinity) >= fromMs && concerns(timeline, action, subject),
  );
}
