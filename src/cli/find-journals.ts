import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, UsageError } from "../errors.ts";
import type { Results } from "../report/results.ts";
import { parseResults } from "../report/results-json.ts";
import { say } from "./terminal.ts";

/** A journal to be judged. */
export interface Source {
  path: string;
  /** The run it is of: its folder, or the journal itself. */
  run: string;
  /** Options of the run, to run it again alike. */
  options: string[];
}

/** The journals of a run's folder in the order of the run, or the journal itself; `UsageError` where there is none. */
export async function findJournals(path: string): Promise<Source[]> {
  const found = await stat(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read (${messageOf(error)}); name a run's folder or a journal`);
  });
  if (!found.isDirectory()) return [{ path, run: path, options: [] }];
  const folder = join(path, "journals");
  const files = (await readdir(folder).catch((): string[] => [])).filter((file) => /\.jsonl(\.gz)?$/.test(file));
  if (files.length === 0) throw new UsageError(`${path} is no run's folder: it has no journals/*.jsonl`);
  const results = await resultsIn(path);
  const ids = (results?.experiments ?? []).map(({ id }) => id);
  for (const { id, journal } of results?.experiments ?? []) {
    if (journal === null) say(`${id} has no journal in ${path}, so it is not in this report`);
  }
  return files
    .sort((a, b) => ids.indexOf(experimentOf(a)) - ids.indexOf(experimentOf(b)) || repeatOf(a) - repeatOf(b))
    .map((file) => ({ path: join(folder, file), run: path, options: results?.options ?? [] }));
}

/** A run that was cut off has no results, only journals. */
async function resultsIn(folder: string): Promise<Results | null> {
  try {
    return parseResults(await readFile(join(folder, "results.json"), "utf8"));
  } catch {
    return null;
  }
}

function experimentOf(file: string): string {
  return file.replace(/(\.\d+)?\.jsonl(\.gz)?$/, "");
}

function repeatOf(file: string): number {
  return Number(/\.(\d+)\.jsonl/.exec(file)?.[1] ?? 1);
}
