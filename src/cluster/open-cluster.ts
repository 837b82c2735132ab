import { UsageError } from "../errors.ts";
import type { Cluster } from "./cluster.ts";

/** Which cluster, and what it is made from. */
export interface ClusterOptions {
  provider: string;
  /** Decides everything that is random on the simulated cluster. */
  seed: number;
  /** How many workers the simulated cluster has. */
  nodes: number;
}

const unbuilt = new Set(["kind", "existing"]);

/** Opens the cluster of that provider; throws `UsageError` where there is no such provider. */
export async function openCluster({ provider, seed, nodes }: ClusterOptions): Promise<Cluster> {
  if (provider === "simulated") {
    const { simulatedCluster } = await import("./simulated/simulated-cluster.ts");
    return simulatedCluster({ seed, nodes });
  }
  const lack = unbuilt.has(provider) ? "is not built yet" : "is no kind of cluster";
  throw new UsageError(`--cluster ${provider} ${lack}; this version runs on --cluster simulated`);
}
