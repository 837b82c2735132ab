import { hostname, userInfo } from "node:os";
import { createHash } from "node:crypto";
import type { Cluster } from "../cluster/cluster.ts";
import { EnvironmentError } from "../errors.ts";
import { ClusterJournal } from "./cluster-journal.ts";
import { takeLease } from "./cluster-lease.ts";
import { FileJournal, type Beginning, type ClusterWords } from "./file-journal.ts";
import { lives, ownIdentity } from "./process-identity.ts";
import { allOf, memoryJournal, type UndoJournal } from "./undo-journal.ts";

/** A cluster that no other run touches for as long as this is not disposed of. */
export interface Claim extends AsyncDisposable {
  readonly journal: UndoJournal;
  /** Aborted, with the reason, once another run may touch it all the same. */
  readonly lost: AbortSignal;
}

/**
 * Claims a real cluster for a run: one on this machine by a file here, one that is shared by a lease in it as well.
 *
 * @throws EnvironmentError where another run has it, or what an earlier one did to it is not undone
 */
export async function claimCluster(
  beginning: Beginning,
  open: () => Promise<Cluster>,
  signal?: AbortSignal,
): Promise<Claim> {
  const { cluster } = beginning;
  const file = FileJournal.begin(keyOf(cluster), beginning);
  if (cluster.provider === "kind") return unshared(file, () => file.release());
  try {
    return await claimShared(cluster.context ?? "", file, open, signal);
  } catch (error) {
    file.release();
    throw error;
  }
}

/** What stands for a claim where the cluster is this process's own, and ends with it. */
export function noClaim(): Claim {
  return unshared(memoryJournal(), () => {});
}

function unshared(journal: UndoJournal, release: () => void): Claim {
  return { journal, lost: new AbortController().signal, [Symbol.asyncDispose]: async () => release() };
}

async function claimShared(
  context: string,
  file: FileJournal,
  open: () => Promise<Cluster>,
  signal?: AbortSignal,
): Promise<Claim> {
  const cluster = await open();
  try {
    const lease = await takeLease(cluster, holderOf(file.run), isDead, signal);
    try {
      if ((await ClusterJournal.find(cluster.kube)) !== null) throw new EnvironmentError(brokenElsewhere(context));
      return {
        journal: allOf(file, new ClusterJournal(cluster.kube, { run: file.run, lines: [] })),
        lost: lease.lost,
        async [Symbol.asyncDispose]() {
          file.release();
          await lease[Symbol.asyncDispose]();
          await cluster[Symbol.asyncDispose]();
        },
      };
    } catch (error) {
      await lease[Symbol.asyncDispose]();
      throw error;
    }
  } catch (error) {
    await cluster[Symbol.asyncDispose]();
    throw error;
  }
}

function brokenElsewhere(context: string): string {
  return (
    "an earlier run, begun on another machine, left this cluster broken; " +
    `\`rebound undo --cluster existing --context ${context}\` puts it back`
  );
}

/** The name of the cluster's undo journal on this machine. */
export function keyOf({ provider, name = "", context = "" }: ClusterWords): string {
  const called = provider === "kind" ? name : context;
  const safe = called.replaceAll(/[^A-Za-z0-9._-]/g, "_");
  const digest = createHash("sha256").update(called).digest("hex").slice(0, 8);
  return `${provider}-${safe === called ? called : `${safe}-${digest}`}`;
}

/** What the lease says of a run that holds it: also the process, so that this machine knows when it is dead. */
export function holderOf(run: string): string {
  const { pid, began } = ownIdentity();
  return `run ${run} of ${userInfo().username}@${hostname()} (process ${pid}, begun at ${began})`;
}

/** Whether who holds the lease was a process of this machine, and lives no more. */
export function isDead(holder: string): boolean {
  const [, host, pid, began = ""] = /@(\S+) \(process (\d+), begun at (.+)\)$/.exec(holder) ?? [];
  return host === hostname() && !lives({ pid: Number(pid), began });
}
