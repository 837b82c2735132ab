import type { Cluster } from "./cluster.ts";
import type { ClusterConfig } from "./existing/cluster-config.ts";

/** A cluster that a user has chosen, and may break. */
export type ClusterChoice = SimulatedChoice | KindChoice | ExistingChoice;

export interface SimulatedChoice {
  provider: "simulated";
  /** How many workers. */
  nodes: number;
}

/** One that `rebound cluster up` made, or the real kind. */
export interface KindChoice {
  provider: "kind";
  name: string;
  /** In place of the public one that the prober runs in by default. */
  proberImage?: string | undefined;
}

/** One that a context of a kubeconfig names. */
export interface ExistingChoice {
  provider: "existing";
  context: string;
  /** The kubeconfig's text; the user's own where there is none. */
  kubeconfig?: string;
  config: ClusterConfig;
}

export interface OpenOptions {
  /** Decides everything that is random on a simulated cluster. */
  seed: number;
  /** The longest that a fault will be held, in milliseconds: what a lost hand can no longer end, ends itself by then. */
  holdMs: number;
  /** What a simulated cluster has installed beside KubeVirt, by the names of its description. */
  operators?: readonly string[];
}

/** Opens the cluster for one experiment; closing it leaves a real one as it is. */
export async function openCluster(
  choice: ClusterChoice,
  { seed, holdMs, operators = [] }: OpenOptions,
): Promise<Cluster> {
  switch (choice.provider) {
    case "simulated": {
      const { simulatedCluster } = await import("./simulated/simulated-cluster.ts");
      return simulatedCluster({ seed, nodes: choice.nodes, operators });
    }
    case "kind": {
      const { kindCluster } = await import("./kind/kind-cluster.ts");
      return kindCluster(choice);
    }
    case "existing": {
      const { existingCluster } = await import("./existing/existing-cluster.ts");
      return existingCluster(choice, holdMs);
    }
  }
}
