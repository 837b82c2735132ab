import { isNotFound } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { optInLabel } from "../cluster/existing/guards.ts";
import { namespaces } from "../kube/resources.ts";
import { runLabel } from "../safety/undo-journal.ts";

/** Makes an experiment's namespace its user's: from then on it is not Rebound's to delete, and may be broken again. */
export async function handOver(namespace: string, { kube }: Pick<Cluster, "kube">): Promise<void> {
  const labels = { [runLabel]: null, [optInLabel]: "true" };
  await kube.mergePatch(namespaces, namespace, undefined, { metadata: { labels } }).catch((error: unknown) => {
    // It may have ended before anything was deployed.
    if (!isNotFound(error)) throw error;
  });
}
