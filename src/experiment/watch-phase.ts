import type { Clock } from "../clock/clock.ts";
import type { JournalLine } from "../observe/journal.ts";
import type { JournalWriter } from "../observe/journal-writer.ts";
import { verdictColour, type Judgement } from "../report/results.ts";
import { experimentResult } from "./experiment-result.ts";
import { comebacks, type PlannedPhase, type Rest } from "./plan.ts";

/** How long at least until it is looked again what is not yet as expected, in milliseconds. */
const againMs = 5_000;

/** A look takes a moment in which nothing else is done: with thousands of VMs it is taken more rarely, for a twentieth of the time. */
const share = 20;

/** Who watches, and what has been seen so far. */
export interface Watching {
  clock: Clock;
  journal: Pick<JournalWriter, "lines" | "secondsAt">;
  signal: AbortSignal;
}

/**
 * Waits until nothing documented could change any more what became of the variants, if all of them are as expected; else to
 * the phase's limit. Returns whether it ended before that.
 */
export async function watchPhase(phase: PlannedPhase, { clock, journal, signal }: Watching): Promise<boolean> {
  const { name, rests, limitMs } = phase;
  const beganMs = clock.now();
  const restedMs = rests === undefined ? limitMs : Math.max(0, ...Object.values(rests).map(({ afterMs }) => afterMs));
  for (let lookMs = beganMs + restedMs; lookMs < beganMs + limitMs;) {
    await clock.sleep(lookMs - clock.now(), signal);
    const nowMs = clock.now();
    // Whole milliseconds, as the journal has them: a rounding error is no time in which anything could change.
    const leftMs = settlesInMs(name, rests ?? {}, journal.lines, Math.round(journal.secondsAt(nowMs) * 1000));
    if (leftMs !== null && leftMs <= 0) return true;
    const tookMs = clock.now() - nowMs;
    lookMs = nowMs + (leftMs ?? Math.max(againMs, tookMs * share));
  }
  await clock.sleep(beganMs + limitMs - clock.now(), signal);
  return false;
}

/**
 * In how many milliseconds, from the journal's `nowMs` on, a phase may be over that has lasted long enough, if nothing
 * changes: every variant is as expected, and what came back has stayed. Null where one is not as expected, Infinity where one may
 * become another by nothing but time.
 */
function settlesInMs(
  phase: string,
  rests: Record<string, Rest>,
  lines: readonly JournalLine[],
  nowMs: number,
): number | null {
  const asIfOver: JournalLine = { at: nowMs / 1000, wall: "", kind: "phase", name: phase, phase: "end" };
  const { variants } = experimentResult([...lines, asIfOver], { name: phase, journal: null });
  const settled = variants.flatMap(({ name, judgements }) => {
    const judgement = judgements.find((each) => each.phase === phase);
    const rest = rests[name];
    return judgement === undefined || rest === undefined ? [] : [settledMs(judgement, rest)];
  });
  return settled.includes(null) ? null : Math.max(0, ...settled.map(Number)) - nowMs;
}

/** Since when a variant is settled, or from when on it is, in milliseconds of the journal. */
function settledMs({ verdict, outcome, on, goodAtMs }: Judgement, { unbrokenMs }: Rest): number | null {
  // It takes no part.
  if (verdict === "skipped") return 0;
  if (verdictColour[verdict] !== "green") return null;
  // Nothing of it runs without its node. Whatever else it is stuck on may give way until the limit.
  if (outcome === "stuck" && on !== "node-lost") return Infinity;
  return comebacks.has(outcome) && goodAtMs !== null ? goodAtMs.high + unbrokenMs : 0;
}
