import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { exitCodes, messageOf, UsageError } from "../errors.ts";
import { compareWith } from "../report/regressions.ts";
import { parseResults } from "../report/results-json.ts";
import type { Results } from "../report/results.ts";
import { say } from "./terminal.ts";

/** Reads the results of an earlier run, by its folder or its results.json. @throws UsageError where there are none */
export async function readBaseline(path: string): Promise<Results> {
  try {
    const file = (await stat(path)).isDirectory() ? join(path, "results.json") : path;
    return parseResults(await readFile(file, "utf8"));
  } catch (error) {
    throw new UsageError(`--baseline ${path} cannot be read (${messageOf(error)}); name a run's folder`, {
      cause: error,
    });
  }
}

/** Says what is worse than the baseline; the exit code of a run that is green otherwise is then another. */
export function holdAgainst(baseline: Results, results: Results, exitCode: number): number {
  const { compared, worse } = compareWith(baseline, results);
  if (compared === 0) say("the baseline has nothing in common with this run");
  for (const each of worse) say(`worse than the baseline: ${each}`);
  return exitCode === exitCodes.green && worse.length > 0 ? exitCodes.regression : exitCode;
}
