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
  throw new UsageError(
    unbuilt.has(provider)
      ? `this version of Rebound cannot reach a ${provider} cluster yet; use --cluster simulated`
      : `there is no cluster provider "${provider}"; use --cluster simulated`,
  );
}
