import type { SubjectTimeline } from "../observe/timeline.ts";
import { measured } from "./intervals.ts";
import type { Interval, Measured } from "./recovery.ts";
import { answeringSwitches, type Switch } from "./serving.ts";
import type { Window } from "./window.ts";

/**
 * The gaps in which a VM's guest did not answer, added up; between the shortest and the longest they can have been.
 * Null where nobody asked it, and for replica sets, whose guests stand in for one another.
 */
export function downtimeOf(subject: SubjectTimeline, window: Window): Measured | null {
  const isAsked = subject.incarnations.some((incarnation) => incarnation.answers.length > 0);
  if (!isAsked || subject.kind === "VirtualMachineInstanceReplicaSet") return null;
  const switches = subject.incarnations
    .flatMap((incarnation) => answeringSwitches(incarnation))
    .toSorted((one, other) => one.highMs - other.highMs);
  return silenceIn(switches, window);
}

/** The gaps between being on, added up, as far as they lie in a window. */
export function silenceIn(switches: Switch[], { fromMs, untilMs }: Window): Measured {
  const within = (ms: number) => Math.min(Math.max(ms, fromMs), untilMs);
  const total = { low: 0, high: 0 };
  const add = (begun: Interval, ended: Interval) => {
    total.low += Math.max(0, within(ended.low) - within(begun.high));
    total.high += Math.max(0, within(ended.high) - within(begun.low));
  };
  let silent: Interval | null = { low: -Infinity, high: -Infinity };
  for (const { on, lowMs, highMs } of switches) {
    const turn = { low: lowMs, high: highMs };
    if (!on) silent ??= turn;
    else if (silent !== null) {
      add(silent, turn);
      silent = null;
    }
  }
  if (silent !== null) add(silent, { low: untilMs, high: untilMs });
  return measured(total);
}
