import { z } from "zod";
import { openCluster } from "../cluster/open-cluster.ts";
import { EnvironmentError, exitCodes, messageOf, UsageError } from "../errors.ts";
import { adoptHere, adoptShared } from "../safety/adopt.ts";
import { keyOf } from "../safety/claim.ts";
import { FileJournal, findJournals, type ClusterWords, type Found } from "../safety/file-journal.ts";
import { findWrittenFault } from "../safety/find-fault.ts";
import { UndoStack } from "../safety/undo-stack.ts";
import { titleOf } from "../safety/undo-step.ts";
import { chooseWritten, clusterShape, writtenCluster } from "./choose-cluster.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkOptions } from "./options.ts";
import { say } from "./terminal.ts";

const { name, context, kubeconfig, clusterConfig } = clusterShape;
const undoOptions = z.object({
  list: z.boolean(),
  forget: z.boolean(),
  cluster: z.enum(["kind", "existing"]).optional(),
  name,
  context,
  kubeconfig,
  clusterConfig,
});

/** A cluster on which something may be left, and how it is found again. */
interface Place {
  words: ClusterWords;
  /** What is written on this machine; null where only the cluster can tell. */
  found: Found | null;
}

/** Puts back what interrupted runs left; returns the exit code. */
export async function undo(argv: unknown): Promise<number> {
  const options = checkOptions(undoOptions, argv);
  const places = placesOf(options);
  if (options.list) {
    for (const place of places) print(describe(place));
    return exitCodes.green;
  }
  if (options.forget) return forget(options.cluster === undefined ? [] : places);
  using interrupt = onInterrupt(say);
  const failures: string[] = [];
  for (const place of places) {
    if (interrupt.signal.aborted) return exitCodes.interrupted;
    print(describe(place));
    const ends = undoPlace(place, interrupt.signal).catch((error: unknown) => [messageOf(error)]);
    failures.push(...(await ends));
  }
  if (failures.length > 0) throw new EnvironmentError(`not undone: ${failures.join("; ")}`);
  if (places.length === 0) say("nothing is left of any run");
  return exitCodes.green;
}

/** For a cluster that is no more: what was done to it is not undone, and not remembered. */
function forget(places: Place[]): number {
  const [found] = places.flatMap(({ found }) => found ?? []);
  if (found === undefined)
    throw new UsageError("--forget needs --cluster, and a cluster of which something is written");
  FileJournal.adopt(found).forget();
  say(`${titleOfPlace(places[0]!)}: forgotten`);
  return exitCodes.green;
}

/** Those that are written on this machine; the named one in any case. */
function placesOf(options: z.infer<typeof undoOptions>): Place[] {
  const here = findJournals().flatMap((found) =>
    found.beginning === null ? [] : [{ words: found.beginning.cluster, found }],
  );
  const named = wordsOf(options);
  if (named === null) return here;
  const found = here.find(({ words }) => keyOf(words) === keyOf(named));
  // What is said now goes before what was said then.
  return [{ words: { ...found?.words, ...named }, found: found?.found ?? null }];
}

/** @throws UsageError where it is not said which existing cluster */
function wordsOf({ cluster, ...rest }: z.infer<typeof undoOptions>): ClusterWords | null {
  if (cluster === "existing" && rest.context === undefined) {
    throw new UsageError("--cluster existing needs --context: the cluster must be named");
  }
  return cluster === undefined ? null : writtenCluster({ cluster, ...rest });
}

function titleOfPlace({ words }: Place): string {
  return words.provider === "kind" ? `kind cluster ${words.name}` : `cluster ${words.context}`;
}

function describe(place: Place): string {
  const { found } = place;
  const where = titleOfPlace(place);
  if (found === null) return `${where}: what is written in it`;
  const { beginning, owner, outstanding } = found;
  const who = owner === null ? "interrupted" : `process ${owner.pid} is at work on it`;
  const heading = `${where}: run ${beginning?.run} of ${beginning?.at} (${who}), ${outstanding.length} to undo`;
  return [heading, ...outstanding.toReversed().map(({ step }) => `  ${titleOf(step)}`)].join("\n");
}

/** Puts one cluster back; resolves with what could not be. */
async function undoPlace({ words, found }: Place, signal: AbortSignal): Promise<string[]> {
  if (found?.outstanding.length === 0) {
    // Its run ended between two steps.
    FileJournal.adopt(found).release();
    return [];
  }
  await using cluster = await openCluster(await chooseWritten(words), { seed: 0, holdMs: 0 });
  await using adopted = found === null ? await adoptShared(cluster, signal) : await adoptHere(found, cluster, signal);
  if (adopted === null) {
    print("  nothing");
    return [];
  }
  const undo = new UndoStack(cluster, adopted.journal, findWrittenFault, adopted.outstanding);
  return await undo.unwind(0, (what, failure) =>
    print(failure === null ? `  undone: ${what}` : `  failed: ${what}: ${failure}`),
  );
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
