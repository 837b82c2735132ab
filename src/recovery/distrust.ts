import type { SubjectTimeline, Timeline } from "../observe/timeline.ts";
import type { Window } from "./window.ts";

/** A jump of the clocks against one another of more than this, in milliseconds, spoils a measurement. */
const clockToleranceMs = 500;

/** Why what is read in a window cannot be trusted: a watch that was blind, a clock that jumped, a prober that was lost. */
export function distrustOf(timeline: Timeline, subject: SubjectTimeline, { fromMs, untilMs }: Window): string[] {
  const matters = new Set(["virtualmachineinstances", "samples"]);
  if (subject.kind === "VirtualMachine") matters.add("virtualmachines");
  if (subject.kind === "VirtualMachineInstanceReplicaSet") matters.add("virtualmachineinstancereplicasets");
  const gaps = timeline.gaps
    .filter((gap) => matters.has(gap.resource) && gap.fromMs <= untilMs && gap.toMs >= fromMs)
    .map((gap) => `${gap.resource} were not seen from ${at(gap.fromMs)} to ${at(gap.toMs)}: ${gap.reason}`);
  const jumps = timeline.clockJumps
    .filter((jump) => jump.atMs >= fromMs && jump.atMs <= untilMs && Math.abs(jump.skewMs) > clockToleranceMs)
    .map((jump) => `the clock jumped by ${jump.skewMs} ms at ${at(jump.atMs)}`);
  return [...gaps, ...jumps];
}

function at(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
