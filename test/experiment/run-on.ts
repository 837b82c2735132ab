import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { experimentResult } from "../../src/experiment/experiment-result.ts";
import { experiment, type ExperimentOptions } from "../../src/experiment/experiment.ts";
import { planExperiment } from "../../src/experiment/plan-experiment.ts";
import { runExperiment, type RunEnd } from "../../src/experiment/run-experiment.ts";
import type { JournalLine } from "../../src/observe/journal.ts";
import { JournalWriter } from "../../src/observe/journal-writer.ts";
import type { ExperimentResult } from "../../src/report/results.ts";
import { memoryJournal } from "../../src/safety/undo-journal.ts";

/** An experiment that was run: how it ended, what it wrote down, and what follows. */
export interface Ran {
  end: RunEnd;
  lines: JournalLine[];
  result: ExperimentResult;
}

/** Plans and runs an experiment on a cluster, and judges it. */
export async function runOn(cluster: Cluster, options: Omit<ExperimentOptions, "id" | "title">): Promise<Ran> {
  const declared = experiment({ id: "it", title: "it", ...options });
  const plan = planExperiment(declared, cluster, { scenario: "it", seed: 1, repeat: 1 });
  const folder = mkdtempSync(join(tmpdir(), "rebound-run-"));
  try {
    const journal = new JournalWriter(join(folder, "it.jsonl"), cluster.clock);
    const end = await runExperiment(
      plan,
      { fault: declared.fault, remedies: declared.remedies ?? [] },
      {
        cluster,
        journal,
        undoJournal: memoryJournal(),
        logs: null,
        signal: new AbortController().signal,
        onProgress: () => {},
      },
    );
    const lines = [...journal.lines];
    return { end, lines, result: experimentResult(lines, { name: "it", journal: null }) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
