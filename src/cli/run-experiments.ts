import { join } from "node:path";
import { openCluster, type ClusterChoice } from "../cluster/open-cluster.ts";
import { EnvironmentError, messageOf } from "../errors.ts";
import { experimentResult, judgedPhases, mergeRepeats, skippedResult } from "../experiment/experiment-result.ts";
import { clusterSeed, type Prepared } from "../experiment/prepare.ts";
import { runExperiment } from "../experiment/run-experiment.ts";
import type { EndEntry, JournalLine } from "../observe/journal.ts";
import { JournalWriter } from "../observe/journal-writer.ts";
import { runMocha, type MochaExperiment } from "../report/mocha-run.ts";
import type { ExperimentResult, Results } from "../report/results.ts";
import type { RunFolder } from "../report/run-folder.ts";
import type { UndoJournal } from "../safety/undo-journal.ts";
import type { ProgressView } from "./progress.ts";

export interface RunExperimentsOptions {
  folder: RunFolder;
  signal: AbortSignal;
  /** Of the whole run: an experiment leaves nothing in it, or it is the last. */
  undoJournal: UndoJournal;
  progress: ProgressView;
  /** Opened anew for each experiment. */
  cluster: ClusterChoice;
  /** Whether the VMs stay when it is over. */
  keep: boolean;
  /** After it no experiment is begun any more, in milliseconds. */
  budgetMs: number;
  rerun: Pick<Results, "seed" | "options">;
}

/** Runs every experiment on a cluster of its own, one after another under Mocha, and judges it. */
export async function runExperiments(
  prepared: Prepared[],
  options: RunExperimentsOptions,
): Promise<ExperimentResult[]> {
  const groups = [...Map.groupBy(prepared, ({ plan }) => plan.id).values()];
  const budget = withDeadlineOf(options.budgetMs);
  const suites = groups.map((repeats) => suiteOf(repeats, options, budget));
  const { experiments, errors } = await runMocha(suites, { folder: options.folder.path, run: options.rerun });
  if (errors.length > 0) {
    throw new EnvironmentError(`the run cannot be trusted: ${errors.map(messageOf).join("; ")}`, { cause: errors[0] });
  }
  return groups.map(([first], index) => {
    const settled = experiments[index];
    if (settled?.status === "rejected") throw settled.reason;
    return settled?.value ?? skippedResult(first!.plan);
  });
}

/** Tells whether so many milliseconds, from now, are over. */
function withDeadlineOf(ms: number): () => boolean {
  const end = performance.now() + ms;
  return () => performance.now() > end;
}

function suiteOf(repeats: Prepared[], options: RunExperimentsOptions, isSpent: () => boolean): MochaExperiment {
  const { title, skip } = repeats[0]!.plan;
  return {
    title,
    ...(skip !== null && { skipped: skip }),
    tests: repeats.flatMap(({ plan }) =>
      plan.variants.flatMap((variant) =>
        judgedPhases(plan, variant).map((phase) => ({ variant: variant.name, repeat: plan.repeat, phase })),
      ),
    ),
    run: async () => {
      const results: ExperimentResult[] = [];
      for (const each of repeats) results.push(isSpent() ? leftOut(each) : await runOne(each, options));
      return mergeRepeats(results as [ExperimentResult, ...ExperimentResult[]]);
    },
  };
}

async function runOne({ plan, ...deeds }: Prepared, options: RunExperimentsOptions): Promise<ExperimentResult> {
  const { folder, signal, undoJournal, progress } = options;
  const name = plan.repeat === 1 ? plan.id : `${plan.id}.${plan.repeat}`;
  if (signal.aborted) return experimentResult(unfinished(plan, "interrupted", "interrupted"), { name, journal: null });
  const file = `${name}.jsonl`;
  try {
    const { operators } = plan.cluster;
    const seed = clusterSeed(plan);
    await using cluster = await openCluster(options.cluster, { seed, holdMs: heldMs(plan), operators });
    const journal = new JournalWriter(join(folder.journals, file), cluster.clock);
    // A model has nothing to say that its journal does not.
    const logs = plan.cluster.prediction ? null : join(folder.logs, name);
    const onProgress = progress.follow(plan.id, () => cluster.clock.now());
    await runExperiment(plan, deeds, { cluster, journal, undoJournal, logs, signal, onProgress, keep: options.keep });
    return experimentResult([...journal.lines], { name, journal: `journals/${file}` });
  } catch (error) {
    return experimentResult(unfinished(plan, "failed", messageOf(error)), { name, journal: null });
  }
}

/** What is said of an experiment for which no time was left. */
function leftOut({ plan }: Prepared): ExperimentResult {
  const reason = "the time that was given to the run (--budget) was over";
  const result = experimentResult(unfinished(plan, "interrupted", reason), { name: plan.id, journal: null });
  const judged = result.variants.map((variant) => ({
    ...variant,
    judgements: variant.judgements.map((each) => ({ ...each, verdict: "skipped" as const, reasons: [reason] })),
  }));
  return { ...result, variants: judged };
}

/** How long the fault is held at most: until the phase in which it is taken back. */
function heldMs({ phases }: Prepared["plan"]): number {
  return phases.filter(({ name }) => name !== "return").reduce((sum, { limitMs }) => sum + limitMs, 0);
}

/** The journal of an experiment of which nothing came: its plan, and why it ended. */
function unfinished(plan: Prepared["plan"], status: EndEntry["status"], reason: string): JournalLine[] {
  const line = { at: 0, wall: new Date(0).toISOString() };
  return [
    { ...line, kind: "plan", plan },
    { ...line, kind: "end", status, reason },
  ];
}
