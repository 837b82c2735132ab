import type { Results } from "../report/results.ts";
import { resultsJson } from "../report/results-json.ts";
import { writeReports, type RunFolder } from "../report/run-folder.ts";
import { ownVersion } from "./version.ts";

export interface Delivery {
  folder: RunFolder;
  startedAt: Date;
  exitCode: number;
  /** Prints results.json in place of `text`. */
  json: boolean;
  text: string;
}

/** Writes the reports of a run, then prints what it came to; returns its exit code. */
export async function deliver(results: Results, delivery: Delivery): Promise<number> {
  const { folder, startedAt, exitCode, json, text } = delivery;
  await writeReports(folder, results, {
    id: folder.id,
    startedAt: startedAt.toISOString(),
    finishedAt: new Date().toISOString(),
    command: ["rebound", ...process.argv.slice(2)],
    versions: { rebound: await ownVersion(), node: process.versions.node },
    exitCode,
  });
  process.stdout.write(json ? resultsJson(results) : text);
  return exitCode;
}
