import { openCluster, type ClusterChoice } from "../cluster/open-cluster.ts";
import { claimCluster, noClaim, type Claim } from "../safety/claim.ts";
import type { Beginning } from "../safety/file-journal.ts";
import { writtenCluster, type ClusterOptions } from "./choose-cluster.ts";

/** No other run touches a real cluster meanwhile, and what an earlier one did to it is undone. */
export async function claimFor(
  options: ClusterOptions,
  choice: ClusterChoice,
  run: Omit<Beginning, "cluster">,
  signal: AbortSignal,
): Promise<Claim> {
  const written = writtenCluster(options);
  if (written === null) return noClaim();
  return claimCluster({ ...run, cluster: written }, () => openCluster(choice, { seed: 0, holdMs: 0 }), signal);
}
