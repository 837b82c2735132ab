import type { Cluster, Prober, Sample } from "../cluster/cluster.ts";
import type { WatchHandler } from "../cluster/kube-client.ts";
import { watchedFor, type Resource } from "../kube/resources.ts";
import { startClockCheck } from "./clock-check.ts";
import type { JournalWriter } from "./journal-writer.ts";

/** What a `watch-lost` entry names when it was the prober that could not ask. */
const proberResource = "samples";

/** A recording under way. Disposing of it stops it, and throws what made it fail, if anything did. */
export interface Recorder extends AsyncDisposable {
  /** Aborted, with the error as its reason, when the recording fails: from then on nothing is seen. */
  readonly failed: AbortSignal;
  /** Whether guests are asked. */
  readonly asks: boolean;
  /** Why they cannot be asked for now; null while they can, and where they never are. */
  readonly deaf: string | null;
}

/** Where to look, and from where not. */
export interface RecordedPlace {
  namespace: string;
  kubeVirtNamespace: string;
  /** Nodes that are going to be broken: guests must be asked from off them. */
  awayFrom?: readonly string[];
}

/**
 * Writes down what the cluster shows from now on: what is watched for the experiment's namespace, the answers of its
 * guests, and whether the clocks keep together. Resolves when all that is there has been listed.
 */
export async function startRecorder(
  cluster: Cluster,
  journal: JournalWriter,
  { namespace, kubeVirtNamespace, awayFrom }: RecordedPlace,
): Promise<Recorder> {
  const failure = new AbortController();
  const running: AsyncDisposable[] = [];
  let prober: Prober | null;
  try {
    for (const { resource, ...selection } of watchedFor(namespace, kubeVirtNamespace)) {
      const watch = await cluster.kube.watch(resource, watchHandler(journal, resource), selection);
      watch.closed.catch((error: unknown) => failure.abort(error));
      running.push(watch);
    }
    prober = await startProber(cluster, journal, namespace, awayFrom);
    if (prober !== null) running.push(prober);
  } catch (error) {
    await stopAll(running);
    throw error;
  }
  const stopClockCheck = startClockCheck(cluster.clock, journal);
  return {
    failed: failure.signal,
    asks: prober !== null,
    get deaf() {
      return prober?.lost?.reason ?? null;
    },
    [Symbol.asyncDispose]: () => {
      stopClockCheck();
      return stopAll(running);
    },
  };
}

function watchHandler(journal: JournalWriter, { plural }: Resource): WatchHandler {
  return {
    seen: (verb, object, blindSinceMs) =>
      journal.append({
        kind: "watch",
        verb,
        resource: plural,
        object,
        ...(blindSinceMs !== undefined && { blindSince: journal.secondsAt(blindSinceMs) }),
      }),
    lost: (fromMs, toMs, reason) => journal.append(lost(journal, plural, fromMs, toMs, reason)),
  };
}

function startProber(
  cluster: Cluster,
  journal: JournalWriter,
  namespace: string,
  awayFrom?: readonly string[],
): Promise<Prober | null> {
  const onSample = ({ atMs, askedMs, lastOfPreviousMs, ...answer }: Sample): void =>
    journal.append({
      kind: "sample",
      ...answer,
      asked: journal.secondsAt(askedMs),
      lastOfPrevious: lastOfPreviousMs === null ? null : journal.secondsAt(lastOfPreviousMs),
      ...(atMs < cluster.clock.now() && { known: journal.secondsAt(atMs) }),
    });
  const onLost = (fromMs: number, toMs: number, reason: string): void =>
    journal.append(lost(journal, proberResource, fromMs, toMs, reason));
  return cluster.startProber(namespace, onSample, onLost, awayFrom);
}

function lost(journal: JournalWriter, resource: string, fromMs: number, toMs: number, reason: string) {
  return {
    kind: "watch-lost" as const,
    resource,
    from: journal.secondsAt(fromMs),
    to: journal.secondsAt(toMs),
    reason,
  };
}

/** Stops all, then throws the first error. */
async function stopAll(running: AsyncDisposable[]): Promise<void> {
  const ends = await Promise.allSettled(running.map((part) => part[Symbol.asyncDispose]()));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
