import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Conformance } from "./conformance.ts";

/** Per recording, the share of milestones that agreed when the floor was last raised, in per mille rounded down. */
export type Floor = Record<string, number>;

const path = join(import.meta.dirname, "floor.json");

export async function readFloor(): Promise<Floor> {
  return JSON.parse(await readFile(path, "utf8")) as Floor;
}

/** What of the results lies below the floor, in words. */
export function below(results: Conformance[], floor: Floor): string[] {
  return results.flatMap((result) => {
    const [share, least] = [shareOf(result), floor[result.recording.name] ?? 0];
    return share < least
      ? [`${result.recording.name}: ${share} ‰ of its milestones agree, below the floor of ${least} ‰`]
      : [];
  });
}

/** Raises the floor to the worst of several plays where that is above it: no share that was luck is held against anyone. */
export async function raise(plays: Conformance[][], floor: Floor): Promise<void> {
  const raised = { ...floor };
  for (const { recording } of plays[0] ?? []) {
    const { name } = recording;
    const worst = Math.min(
      ...plays.flat().flatMap((result) => (result.recording.name === name ? shareOf(result) : [])),
    );
    raised[name] = Math.max(raised[name] ?? 0, worst);
  }
  const sorted = Object.fromEntries(Object.entries(raised).sort(([a], [b]) => (a < b ? -1 : 1)));
  await writeFile(path, `${JSON.stringify(sorted, null, 2)}\n`);
}

function shareOf({ agreed, comparisons }: Conformance): number {
  return Math.floor((agreed / Math.max(1, comparisons.length)) * 1000);
}
