import type { Cluster } from "../cluster/cluster.ts";
import { holderOf, isDead } from "./claim.ts";
import { ClusterJournal } from "./cluster-journal.ts";
import { takeLease } from "./cluster-lease.ts";
import { FileJournal, type Found } from "./file-journal.ts";
import { allOf, outstandingOf, type Registered, type UndoJournal } from "./undo-journal.ts";

/** What an interrupted run left, in the hands of the one who undoes it until it is disposed of. */
export interface Adopted extends AsyncDisposable {
  journal: UndoJournal;
  outstanding: Registered[];
}

/**
 * Takes over what is written on this machine's disk, and in the cluster where that is shared.
 *
 * @throws EnvironmentError where a living process is at work on the cluster
 */
export async function adoptHere(found: Found, cluster: Cluster, signal?: AbortSignal): Promise<Adopted> {
  const file = FileJournal.adopt(found);
  if (cluster.description.provider !== "existing") return adopted(file, file.outstanding, async () => file.release());
  try {
    const lease = await takeLease(cluster, holderOf(file.run), isDead, signal);
    const release = async () => {
      file.release();
      await lease[Symbol.asyncDispose]();
    };
    const left = await ClusterJournal.find(cluster.kube);
    // What is there is this run's: another would not have begun over it.
    const both = left === null ? file : allOf(file, new ClusterJournal(cluster.kube, left));
    return adopted(both, file.outstanding, release);
  } catch (error) {
    file.release();
    throw error;
  }
}

/** Takes over what is written in the cluster alone, by a run of another machine; null where nothing is. */
export async function adoptShared(cluster: Cluster, signal?: AbortSignal): Promise<Adopted | null> {
  const left = await ClusterJournal.find(cluster.kube);
  if (left === null) return null;
  const lease = await takeLease(cluster, holderOf(left.run), isDead, signal);
  const journal = new ClusterJournal(cluster.kube, left);
  return adopted(journal, outstandingOf(left.lines), async () => lease[Symbol.asyncDispose]());
}

function adopted(journal: UndoJournal, outstanding: Registered[], release: () => Promise<void>): Adopted {
  return { journal, outstanding, [Symbol.asyncDispose]: release };
}
