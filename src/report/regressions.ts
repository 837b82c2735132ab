import type { Measured } from "../recovery/recovery.ts";
import { formatMeasured } from "./format.ts";
import { verdictColour, type Judgement, type Results } from "./results.ts";

/**
 * How much longer than the slowest of the baseline a time must be to count as worse: on one and the same machine guests
 * boot faster or slower by about so much.
 */
const tolerance = 1.2;

/** What a run is, held against an earlier one. */
export interface Comparison {
  /** How many variants, each in each phase, are in both. */
  compared: number;
  /** What is worse, a sentence each. */
  worse: string[];
}

/**
 * What was green and is not, and what takes longer than it ever did beyond doubt: its whole interval lies above
 * those of the baseline. Times whose proofs differ are not compared.
 */
export function compareWith(baseline: Results, results: Results): Comparison {
  const before = judgementsOf(baseline);
  const common = [...judgementsOf(results)].flatMap(([name, now]) => {
    const then = before.get(name);
    return then === undefined ? [] : [{ name, now, then }];
  });
  const worse = common.flatMap(({ name, now, then }) => {
    const what = fallen(now, then) ?? slower(now, then);
    return what === null ? [] : [`${name} ${what}`];
  });
  return { compared: common.length, worse };
}

/** By `experiment/variant`, with the phase where it is not the fault's own; of all repetitions. */
function judgementsOf({ experiments }: Results): Map<string, Judgement[]> {
  const all = experiments.flatMap(({ id, variants }) =>
    variants.flatMap(({ name, judgements }) =>
      judgements.map((judgement) => {
        const phase = judgement.phase === "observe" ? "" : ` (${judgement.phase})`;
        return { name: `${id}/${name}${phase}`, judgement };
      }),
    ),
  );
  const named = Map.groupBy(all, ({ name }) => name);
  return new Map([...named].map(([name, each]) => [name, each.map(({ judgement }) => judgement)]));
}

const isGreen = ({ verdict }: Judgement): boolean => verdictColour[verdict] === "green";

function fallen(now: Judgement[], then: Judgement[]): string | null {
  const not = now.find((judgement) => !isGreen(judgement));
  if (not === undefined || not.verdict === "skipped" || !then.every(isGreen)) return null;
  return `is ${not.verdict}, and was ${then[0]!.verdict}`;
}

function slower(now: Judgement[], then: Judgement[]): string | null {
  const [one] = now.filter(({ provenBy }) => provenBy !== null);
  const comparable = (judgement: Judgement): Measured[] =>
    judgement.provenBy === one?.provenBy ? [judgement.fromReliefMs ?? judgement.ttrMs ?? []].flat() : [];
  const [times, earlier] = [now.flatMap(comparable), then.flatMap(comparable)];
  const best = times.toSorted((a, b) => a.low - b.low)[0];
  const worst = earlier.toSorted((a, b) => b.high - a.high)[0];
  if (best === undefined || worst === undefined || best.low <= worst.high * tolerance) return null;
  return `takes ${formatMeasured(best)}, and took ${formatMeasured(worst)}`;
}
