import { copyFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { z } from "zod";
import { exitCodes } from "../errors.ts";
import { experimentResult, mergeRepeats } from "../experiment/experiment-result.ts";
import type { ClusterDescription } from "../experiment/plan.ts";
import { readJournal } from "../observe/journal-reader.ts";
import { judgePractices } from "../practices/judge-practices.ts";
import { remedyEffects } from "../report/remedy-effects.ts";
import { judgedExperiment, runMocha } from "../report/mocha-run.ts";
import { summarise, type ExperimentResult, type Results } from "../report/results.ts";
import { createRunFolder, runId, type RunFolder } from "../report/run-folder.ts";
import { terminalReport } from "../report/terminal-table.ts";
import { deliver } from "./deliver.ts";
import { exitCodeOfSummary } from "./exit-code.ts";
import { findJournals, type Source } from "./find-journals.ts";
import { journalTable } from "./journal-table.ts";
import { checkOptions, seconds, word } from "./options.ts";
import { recordedCluster } from "./recorded-cluster.ts";
import { hasColours, say, widthOf } from "./terminal.ts";

const bundleOption = z.object({ bundle: word.optional() });
const reportOptions = z.object({
  journals: z.array(word).min(1, "say which journals to judge, as in `rebound report reports/latest`"),
  from: seconds.optional(),
  until: seconds.optional(),
  out: word,
  json: z.boolean(),
});
type ReportOptions = z.infer<typeof reportOptions>;

/** A journal that was judged, and what of it the report as a whole needs. */
interface Judged {
  source: Source;
  result: ExperimentResult;
  seed: number;
  cluster: ClusterDescription;
}

async function bundleRun(run: string): Promise<number> {
  const { bundle } = await import("../report/bundle.ts");
  process.stdout.write(`${relative(process.cwd(), await bundle(run, "."))}\n`);
  return exitCodes.green;
}

/** Judges journals again, writes and prints the report; returns the exit code. */
export async function report(argv: unknown): Promise<number> {
  const startedAt = new Date();
  const { bundle } = checkOptions(bundleOption, argv);
  if (bundle !== undefined) return bundleRun(bundle);
  const options = checkOptions(reportOptions, argv);
  const sources = (await Promise.all(options.journals.map(findJournals))).flat();
  const judged: Judged[] = [];
  for (const source of sources) judged.push(await judgeOne(source, options));

  const folder = await createRunFolder(options.out, runId(startedAt));
  for (const { source, result } of judged) await copyFile(source.path, join(folder.path, result.journal!));
  const results = resultsOf(judged);
  await runMocha(results.experiments.map(judgedExperiment), { folder: folder.path, run: results });
  // Where nothing is expected there is nothing to fail.
  const exitCode = results.experiments.every(expectsNothing) ? exitCodes.green : exitCodeOfSummary(results.summary);
  return deliver(results, { folder, startedAt, exitCode, json: options.json, text: textOf(results, folder) });
}

async function judgeOne(source: Source, { from, until }: ReportOptions): Promise<Judged> {
  const { lines, cutOff } = await readJournal(source.path);
  if (cutOff !== null) say(cutOff);
  const file = basename(source.path);
  const window = {
    ...(from !== undefined && { fromMs: from * 1000 }),
    ...(until !== undefined && { untilMs: until * 1000 }),
  };
  const result = experimentResult(lines, {
    name: file.replace(/\.jsonl(\.gz)?$/, ""),
    journal: `journals/${file}`,
    ...(Object.keys(window).length > 0 && { window }),
  });
  const plan = lines[0]?.kind === "plan" ? lines[0].plan : null;
  return { source, result, seed: plan?.seed ?? 0, cluster: plan?.cluster ?? recordedCluster(lines) };
}

/** One report of all; its seed, options and cluster are the first's. */
function resultsOf(judged: Judged[]): Results {
  const { seed, cluster, source } = judged[0]!;
  const experiments = [...Map.groupBy(judged, ({ result, source }) => `${source.run}/${result.id}`).values()].map(
    (repeats) => mergeRepeats(repeats.map(({ result }) => result) as [ExperimentResult, ...ExperimentResult[]]),
  );
  return {
    schemaVersion: 1,
    seed,
    options: source.options,
    cluster,
    experiments,
    practices: judgePractices(experiments),
    remedies: remedyEffects({ experiments, cluster }),
    summary: summarise(experiments),
  };
}

function textOf(results: Results, { path }: RunFolder): string {
  const colour = hasColours(process.stdout);
  const width = widthOf(process.stdout);
  const report = relative(process.cwd(), join(path, "index.html"));
  const tables = results.experiments.filter(expectsNothing).map((each) => `${journalTable(each, colour)}\n\n`);
  const experiments = results.experiments.filter((each) => !expectsNothing(each));
  if (experiments.length === 0) return `${tables.join("")}report: ${report}\n`;
  const judged = { ...results, experiments, summary: summarise(experiments) };
  return tables.join("") + terminalReport(judged, { width, colour, report });
}

function expectsNothing({ variants }: ExperimentResult): boolean {
  return variants.every(({ judgements }) => judgements.every(({ expected }) => expected === null));
}
