import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, UsageError } from "../errors.ts";
import type { Results } from "./results.ts";
import { resultsJson } from "./results-json.ts";

/** Facts of a run that the wall clock and the machine decide; kept out of `results.json`. */
export interface RunFacts {
  id: string;
  startedAt: string;
  finishedAt: string;
  /** The command line, word by word. */
  command: string[];
  versions: { rebound: string; node: string };
  exitCode: number;
}

/** The folder of one run, made and known to be writable. */
export interface RunFolder {
  readonly id: string;
  readonly path: string;
  /** Where the journals go, one file per experiment. */
  readonly journals: string;
  readonly logs: string;
}

/** An id that sorts by time: `2025-11-22T15-04-05Z`. */
export function runId(at: Date): string {
  return at.toISOString().slice(0, 19).replaceAll(":", "-") + "Z";
}

/**
 * Makes `<out>/<id>/`, or `<out>/<id>-2/` and so on where that exists already.
 *
 * @throws UsageError where nothing can be written there
 */
export async function createRunFolder(out: string, id: string): Promise<RunFolder> {
  try {
    await makeFolders(resolve(out));
    const path = await makeFirstFree(join(resolve(out), id));
    const folder = { id: basename(path), path, journals: join(path, "journals"), logs: join(path, "logs") };
    await mkdir(folder.journals);
    await mkdir(folder.logs);
    return folder;
  } catch (error) {
    throw new UsageError(
      `--out ${out}: reports cannot be written there (${messageOf(error)}); name a folder that can`,
      {
        cause: error,
      },
    );
  }
}

/** Node's own recursive `mkdir` never returns where a parent exists and refuses all children with ENOENT, as `/proc` does. */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT") throw error;
    await makeFolders(dirname(path));
    await mkdir(path);
  }
}

async function makeFirstFree(path: string): Promise<string> {
  for (let n = 1; n < 1000; n++) {
    const candidate = n === 1 ? path : `${path}-${n}`;
    try {
      await mkdir(candidate);
      return candidate;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
  throw new Error(`${path}-999 exists`);
}

/**
 * Writes every report of a run but mochawesome's, `results.json` last: where it is, all are whole.
 * Then `latest` beside the folder points at it.
 *
 * @throws ZodError where the results break their schema; then nothing at all is written
 */
export async function writeReports(folder: RunFolder, results: Results, facts: RunFacts): Promise<void> {
  const text = resultsJson(results);
  const { recoveryHtml } = await import("./recovery-html.ts");
  const { junitXml } = await import("./junit.ts");
  const { summaryMarkdown } = await import("./summary-md.ts");
  const { prometheusText } = await import("./prometheus.ts");
  await writeWhole(join(folder.path, "index.html"), recoveryHtml(results));
  await writeWhole(join(folder.path, "junit.xml"), junitXml(results));
  await writeWhole(join(folder.path, "summary.md"), summaryMarkdown(results));
  await writeWhole(join(folder.path, "metrics.prom"), prometheusText(results));
  await writeWhole(join(folder.path, "run.json"), JSON.stringify(facts, null, 2) + "\n");
  await writeWhole(join(folder.path, "results.json"), text);
  await pointLatestAt(folder);
}

/** Writes a file that is there whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`;
  try {
    await writeFile(partial, text);
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function pointLatestAt(folder: RunFolder): Promise<void> {
  const latest = join(dirname(folder.path), "latest");
  const partial = `${latest}.${folder.id}.partial`;
  await rm(partial, { force: true });
  await symlink(folder.id, partial);
  await rename(partial, latest);
}
