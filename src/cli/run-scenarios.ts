import { relative } from "node:path";
import { z } from "zod";
import { openCluster, type ClusterChoice } from "../cluster/open-cluster.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { mustBeAllowed } from "../experiment/allowed.ts";
import { prepare, type Prepared } from "../experiment/prepare.ts";
import { judgePractices } from "../practices/judge-practices.ts";
import { remedyEffects } from "../report/remedy-effects.ts";
import { summarise, type Results } from "../report/results.ts";
import { createRunFolder, runId, type RunFolder } from "../report/run-folder.ts";
import { terminalReport } from "../report/terminal-table.ts";
import type { Claim } from "../safety/claim.ts";
import { holdAgainst, readBaseline } from "./baseline.ts";
import { chooseCluster, clusterShape, clusterWords, confirmCluster, imageOf } from "./choose-cluster.ts";
import { claimFor } from "./claim-for.ts";
import { chooseTarget, targetShape, targetWords } from "./choose-target.ts";
import { deliver } from "./deliver.ts";
import { ensureKind } from "./ensure-kind.ts";
import { exitCodeOfSummary } from "./exit-code.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkOptions, duration, wholeNumber, word } from "./options.ts";
import { lookAhead, mustBePermitted, outlookText } from "./outlook.ts";
import { planJson, planText } from "./plan-text.ts";
import { showProgress } from "./progress.ts";
import { runExperiments } from "./run-experiments.ts";
import { askAtTerminal, hasColours, say, widthOf } from "./terminal.ts";

const pattern = word.transform((text, context) => {
  try {
    return new RegExp(text);
  } catch {
    context.addIssue(`must be a pattern (a regular expression), not "${text}"`);
    return z.NEVER;
  }
});

const shard = word.transform((text, context) => {
  const [index = 0, of = 0] = /^\d{1,4}\/\d{1,4}$/.test(text) ? text.split("/").map(Number) : [];
  if (index >= 1 && index <= of) return { index, of };
  context.addIssue(`must be a part and their number, as in 1/4, not "${text}"`);
  return z.NEVER;
});

const runOptions = z.object({
  ...clusterShape,
  ...targetShape,
  scenarios: z.array(word),
  vm: z.array(word).default([]),
  seed: wholeNumber(0),
  repeat: wholeNumber(1),
  grep: pattern.optional(),
  fault: word.optional(),
  remedy: word.optional(),
  practice: word.optional(),
  expectations: word.optional(),
  isolate: z.boolean(),
  shard: shard.optional(),
  budget: duration.optional(),
  baseline: word.optional(),
  keep: z.boolean(),
  out: word,
  json: z.boolean(),
  dryRun: z.boolean(),
});
type RunOptions = z.infer<typeof runOptions>;

/** Runs the scenarios that are asked for, writes and prints the report; returns the exit code. */
export async function run(argv: unknown): Promise<number> {
  const startedAt = new Date();
  const options = checkOptions(runOptions, argv);
  const baseline = options.baseline === undefined ? null : await readBaseline(options.baseline);
  const cluster = await chooseCluster(options);
  if (cluster.provider === "kind" && !options.dryRun) {
    const exitCode = await ensureKind(cluster.name);
    if (exitCode !== exitCodes.green) return exitCode;
  }
  const { prepared, outlook } = await prepareRun(options, cluster);
  for (const note of notesOf(prepared)) say(note);
  if (options.dryRun) {
    process.stdout.write(options.json ? planJson(prepared) : planText(prepared) + outlook);
    return exitCodes.green;
  }
  await confirmCluster(cluster, options.yes, askAtTerminal());
  using interrupt = onInterrupt(say);
  const id = runId(startedAt);
  await using claim = await claimFor(options, cluster, { run: id, at: startedAt.toISOString() }, interrupt.signal);
  const folder = await createRunFolder(options.out, id);
  const results = await runAndShow(prepared, options, { cluster, claim, folder, signal: interrupt.signal });
  const judged = interrupt.signal.aborted ? exitCodes.interrupted : exitCodeOfSummary(results.summary);
  const text = terminalReport(results, {
    width: widthOf(process.stdout),
    colour: hasColours(process.stdout),
    report: relative(process.cwd(), `${folder.path}/index.html`),
  });
  const exitCode = baseline === null ? judged : holdAgainst(baseline, results, judged);
  return deliver(results, { folder, startedAt, exitCode, json: options.json, text });
}

/** Plans everything on a cluster of the same make, so that what cannot be is refused before anything is written. */
async function prepareRun(
  options: RunOptions,
  choice: ClusterChoice,
): Promise<{ prepared: Prepared[]; outlook: string }> {
  await using cluster = await openCluster(choice, { seed: options.seed, holdMs: 0 });
  const { vm, grep = null, fault = null, remedy = null, practice = null, shard = null, target: _, ...rest } = options;
  const siteRules = options.expectations ?? null;
  const guestImage = imageOf(options, "guest");
  const target = chooseTarget(options);
  if (target !== null && vm.length > 0) throw new UsageError("--vm and --target exclude each other");
  const prepared = await prepare(
    { ...rest, target, vmFiles: vm, siteRules, grep, fault, remedy, practice, shard, guestImage },
    cluster,
  );
  await mustBeAllowed(prepared, cluster);
  if (choice.provider === "existing" && options.dryRun) {
    return { prepared, outlook: `\n${outlookText(await lookAhead(prepared, choice, cluster))}` };
  }
  await mustBePermitted(prepared, choice, cluster);
  return { prepared, outlook: "" };
}

/** What a reader of the results must know of a variant, once each. */
function notesOf(prepared: Prepared[]): string[] {
  const notes = prepared.flatMap(({ plan }) =>
    plan.variants.flatMap(({ name, notes = [] }) => notes.map((note) => `${name}: ${note}`)),
  );
  return [...new Set(notes)];
}

async function runAndShow(
  prepared: Prepared[],
  options: RunOptions,
  { cluster, claim, folder, signal }: { cluster: ClusterChoice; claim: Claim; folder: RunFolder; signal: AbortSignal },
): Promise<Results> {
  const ids = [...new Set(prepared.map(({ plan }) => plan.id))];
  using progress = showProgress({ experiments: ids, virtual: cluster.provider === "simulated" }, process.stderr);
  const again = rerunOptions(options);
  const experiments = await runExperiments(prepared, {
    folder,
    signal: AbortSignal.any([signal, claim.lost]),
    undoJournal: claim.journal,
    progress,
    cluster,
    keep: options.keep,
    budgetMs: options.budget ?? Infinity,
    rerun: { seed: options.seed, options: again },
  });
  return {
    schemaVersion: 1,
    seed: options.seed,
    options: again,
    cluster: prepared[0]!.plan.cluster,
    experiments,
    practices: judgePractices(experiments),
    remedies: remedyEffects({ experiments, cluster: prepared[0]!.plan.cluster }),
    summary: summarise(experiments),
  };
}

/** What else `rebound run` must be given to do the same again. */
function rerunOptions({ vm, expectations, isolate, ...cluster }: RunOptions): string[] {
  return [
    ...clusterWords(cluster),
    ...targetWords(cluster),
    ...vm.flatMap((file) => ["--vm", file]),
    ...(expectations === undefined ? [] : ["--expectations", expectations]),
    ...(isolate ? ["--isolate"] : []),
  ];
}
