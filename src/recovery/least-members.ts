import { valueAt } from "../observe/history.ts";
import type { SubjectTimeline } from "../observe/timeline.ts";
import { isLive } from "./serving.ts";
import type { Window } from "./window.ts";

/** The fewest VMIs that a replica set had at any one time in a window, of those that had not ended; null for what is none. */
export function leastMembers({ kind, incarnations }: SubjectTimeline, { fromMs, untilMs }: Window): number | null {
  if (kind !== "VirtualMachineInstanceReplicaSet") return null;
  const changes = incarnations.flatMap(({ states }) => states.map(({ atMs }) => atMs));
  const instants = [fromMs, ...changes.filter((ms) => ms > fromMs && ms <= untilMs)];
  return Math.min(...instants.map((ms) => incarnations.filter(({ states }) => isLive(valueAt(states, ms))).length));
}
