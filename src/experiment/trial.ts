import { ApiError } from "../cluster/api-error.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { UsageError } from "../errors.ts";
import { resourceOf } from "../workload/resource-of.ts";
import type { Variant } from "../workload/variant.ts";

const namespace = "rebound-trial";

/**
 * Applies a user's variant to a cluster that is thrown away after, so that what its API server refuses is said
 * before anything is run. A `UsageError` carries the refusal; `which` names the variant in it.
 */
export async function tryOut(variant: Variant, which: string, { kube }: Pick<Cluster, "kube">): Promise<void> {
  await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }).catch(ifExists);
  for (const manifest of [...variant.manifests.slice(1), variant.manifests[0]!]) {
    const isNamespaced = resourceOf(manifest).namespaced;
    const metadata = isNamespaced ? { ...manifest.metadata, namespace } : manifest.metadata;
    await kube.create({ ...manifest, metadata }).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.code >= 500) throw error;
      ifExists(error, `${which}: the API server refuses ${manifest.kind} ${manifest.metadata.name}: ${error.message}`);
    });
  }
}

/** What several variants share is there from the first. */
function ifExists(error: unknown, refusal?: string): void {
  if (error instanceof ApiError && error.reason === "AlreadyExists") return;
  throw refusal === undefined ? error : new UsageError(refusal);
}
