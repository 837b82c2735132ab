import type { Milestone } from "./milestones.ts";
import type { Stage, StageName } from "./recovery.ts";

/**
 * The gaps between milestones in time order, in whole milliseconds. They sum to `toMs - fromMs` by construction:
 * milestones outside are moved to the edge, and what follows the last is the stage `finish`.
 */
export function stagesBetween(fromMs: number, toMs: number, milestones: Milestone[], finish: StageName): Stage[] {
  const ordered = milestones
    .map(({ atMs, ends }) => ({ atMs: Math.min(Math.max(Math.round(atMs), fromMs), toMs), ends }))
    .toSorted((one, other) => one.atMs - other.atMs);
  const stages: Stage[] = [];
  let reachedMs = fromMs;
  for (const { atMs, ends } of [...ordered, { atMs: toMs, ends: finish }]) {
    const ms = atMs - reachedMs;
    reachedMs = atMs;
    if (ms === 0) continue;
    const last = stages.at(-1);
    if (last?.name === ends) last.ms += ms;
    else stages.push({ name: ends, ms });
  }
  return stages;
}
