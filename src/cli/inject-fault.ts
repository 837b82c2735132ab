import { join, relative } from "node:path";
import { z } from "zod";
import { openCluster } from "../cluster/open-cluster.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { mustBeAllowed } from "../experiment/allowed.ts";
import { prepareInjection } from "../experiment/prepare-injection.ts";
import { runExperiment } from "../experiment/run-experiment.ts";
import { chooseFault } from "../faults/choose-fault.ts";
import { JournalWriter } from "../observe/journal-writer.ts";
import { createRunFolder, runId } from "../report/run-folder.ts";
import { chooseCluster, clusterShape, confirmCluster } from "./choose-cluster.ts";
import { chooseTarget, targetShape } from "./choose-target.ts";
import { claimFor } from "./claim-for.ts";
import { onInterrupt } from "./interrupt.ts";
import { Narrator } from "./narrate.ts";
import { checkOptions, duration, wholeNumber, word } from "./options.ts";
import { askAtTerminal, say } from "./terminal.ts";

const injectOptions = z.object({
  ...clusterShape,
  ...targetShape,
  fault: word,
  with: z.array(word).default([]),
  for: duration,
  vm: z.array(word).default([]),
  seed: wholeNumber(0),
  out: word,
});

/** Injects one fault, tells what comes of it, and takes it back; returns the exit code. */
export async function inject(argv: unknown): Promise<number> {
  const startedAt = new Date();
  const options = checkOptions(injectOptions, argv);
  const { seed, vm: vmFiles } = options;
  const choice = await chooseCluster(options);
  const target = chooseTarget(options);
  if (target !== null && vmFiles.length > 0) throw new UsageError("--vm and --target exclude each other");
  const fault = chooseFault(options.fault, options.with);
  await using cluster = await openCluster(choice, { seed, holdMs: options.for });
  const prepared = await prepareInjection({ fault, target, vmFiles, heldMs: options.for, seed }, cluster);
  await mustBeAllowed([prepared], cluster);
  await confirmCluster(choice, options.yes, askAtTerminal());
  using interrupt = onInterrupt(say);
  using crash = onCrash();
  const id = runId(startedAt);
  await using claim = await claimFor(options, choice, { run: id, at: startedAt.toISOString() }, interrupt.signal);
  const folder = await createRunFolder(options.out, id);
  const journal = new JournalWriter(join(folder.journals, "inject.jsonl"), cluster.clock);
  journal.onLine(new Narrator((text) => process.stdout.write(`${text}\n`)).hear);
  const end = await runExperiment(prepared.plan, prepared, {
    cluster,
    journal,
    undoJournal: claim.journal,
    logs: cluster.description.prediction ? null : folder.logs,
    signal: AbortSignal.any([interrupt.signal, crash.signal, claim.lost]),
    onProgress: () => {},
  });
  say(`the journal is ${relative(process.cwd(), join(folder.journals, "inject.jsonl"))}`);
  // It was not foreseen, and is undone.
  crash.signal.throwIfAborted();
  if (interrupt.signal.aborted) return exitCodes.interrupted;
  const isProved = journal.lines.some(({ kind }) => kind === "bite");
  return end.status === "complete" && isProved ? exitCodes.green : exitCodes.environment;
}

/** Aborted by what nobody catches, in place of the end of the process: what was done is undone first. */
function onCrash(): Disposable & { signal: AbortSignal } {
  const controller = new AbortController();
  const abort = (error: unknown): void => controller.abort(error);
  process.on("uncaughtException", abort);
  return { signal: controller.signal, [Symbol.dispose]: () => void process.off("uncaughtException", abort) };
}
