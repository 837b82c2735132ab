import type { SubjectTimeline, UserPath } from "../observe/timeline.ts";
import { silenceIn } from "./downtime.ts";
import { elapsed } from "./intervals.ts";
import type { Evidence, Interval, Users } from "./recovery.ts";
import { answerSwitches } from "./serving.ts";
import { isWhole, lastStretch } from "./stretch.ts";
import type { Window } from "./window.ts";

/** What the users' times count from. */
export interface UsersSince {
  bitten: Interval | null;
  reliefs: Interval[];
  /** How long they must be served unbroken to be served again, in milliseconds. */
  settleMs: number;
  /** Where their downtime is counted: from the bite on, where that lies before the window. */
  outage: Window;
}

/** What became of the users of a subject, by each Service that stands before it. */
export function usersOf({ paths }: SubjectTimeline, since: UsersSince): Users[] {
  return paths.map((path) => usersBy(path, since));
}

function usersBy({ service, answers }: UserPath, { bitten, reliefs, settleMs, outage }: UsersSince): Users {
  const switches = answerSwitches(answers, null);
  const stretch = lastStretch([switches], 1);
  const isBack = stretch !== null && stretch.high > outage.fromMs && outage.untilMs - stretch.high >= settleMs;
  const good = isBack ? { low: Math.max(stretch.low, bitten?.low ?? outage.fromMs), high: stretch.high } : null;
  const relief = reliefs.findLast((each) => good !== null && each.low <= good.high);
  return {
    service,
    served: isWhole([switches], 1, outage.untilMs),
    ttrMs: good === null || bitten === null ? null : elapsed(bitten, good),
    fromReliefMs: good === null || relief === undefined ? null : elapsed({ low: relief.high, high: relief.high }, good),
    downtimeMs: silenceIn(switches, outage),
  };
}

/** When its users were served no more, and again, after an instant. */
export function userSigns({ paths }: SubjectTimeline, afterMs: number): Evidence[] {
  return paths.flatMap(({ service, answers }) =>
    answerSwitches(answers, null)
      .filter(({ highMs }) => highMs > afterMs)
      .map(({ on, highMs }) => ({
        atMs: highMs,
        text: `users of Service ${service} are ${on ? "served" : "not served"}`,
      })),
  );
}
