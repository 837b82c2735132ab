import { faultText } from "./fault-text.ts";
import type { Results } from "./results.ts";
import { rowsOf } from "./wording.ts";

/** What one setting costs after one fault: the judgement in which it governs the most. */
export interface SettingCost {
  fault: string;
  /** Whose: experiment, variant, phase. */
  of: { experiment: string; variant: string; phase: string };
  /** The least time to recover that the settings allow, and what was measured, in milliseconds. */
  floorMs: number;
  measuredMs: number;
  advice: string;
}

/** Per fault and setting, the recovery that took the longest of those in which a setting governs a part. */
export function settingCosts({ experiments }: Pick<Results, "experiments">): SettingCost[] {
  const costs = rowsOf(experiments).flatMap(({ experiment, variant, judgement }): SettingCost[] => {
    const { advice, floorMs, ttrMs, fromReliefMs, phase } = judgement;
    const measured = phase === "observe" ? ttrMs : fromReliefMs;
    if (advice === null || floorMs === null || floorMs === 0 || measured === null) return [];
    const of = { experiment: experiment.id, variant: variant.name, phase };
    return [{ fault: faultText(experiment.fault), of, floorMs, measuredMs: measured.value, advice }];
  });
  const groups = Map.groupBy(costs, ({ fault, of, advice }) => [fault, of.phase, settingOf(advice)].join("/"));
  return [...groups.values()].map((group) => group.toSorted((one, other) => other.measuredMs - one.measuredMs)[0]!);
}

/** The setting that an advice names, without what it costs. */
export function settingOf(advice: string): string {
  return advice.replace(/^[^:]*: /, "");
}
