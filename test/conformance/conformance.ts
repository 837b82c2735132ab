import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { JournalLine } from "../../src/observe/journal.ts";
import { defaultSettings } from "../../src/simulator/settings.ts";
import { Chance } from "./chance.ts";
import { compareSides, type Comparison } from "./compare.ts";
import { milestonesOf } from "./milestones.ts";
import { play } from "./play.ts";
import { readRecordings, type Recording } from "./recording.ts";

/** How one recording compares. */
export interface Conformance {
  recording: Recording;
  /** Where the simulated journal was written, or would be. */
  simulatedPath: string;
  agreed: number;
  comparisons: Comparison[];
}

export interface ConformanceOptions {
  /** Decides the latencies of the simulated clusters. */
  seed?: number;
  emit?: string | undefined;
}

/** Plays every recording of a folder on a simulated cluster and compares; `emit` is where the simulated journals go. */
export async function conformanceOf(
  folder: string,
  { seed = 1, emit }: ConformanceOptions = {},
): Promise<Conformance[]> {
  const recordings = await readRecordings(folder);
  const played: { recording: Recording; lines: JournalLine[] }[] = [];
  for (const recording of recordings) played.push({ recording, lines: await play(recording, seed) });
  const real = recordings.map(({ lines, endsAt }) => ({ history: milestonesOf(lines), endsAt }));
  const chance = new Chance(real);
  const results: Conformance[] = [];
  for (const [index, { recording, lines }] of played.entries()) {
    const simulatedPath = join(emit ?? "simulated", `${recording.name}.jsonl.gz`);
    if (emit !== undefined) await write(simulatedPath, emit, lines);
    const { history, endsAt } = real[index]!;
    const settings = { ...defaultSettings, ...recording.settings };
    const comparisons = compareSides({ real: history, simulated: milestonesOf(lines), endsAt, settings }, chance);
    const agreed = comparisons.filter(({ finding }) => finding === "agreed").length;
    results.push({ recording, simulatedPath, agreed, comparisons });
  }
  return results;
}

async function write(path: string, folder: string, lines: JournalLine[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path, gzipSync(lines.map((line) => `${JSON.stringify(line)}\n`).join("")));
}
