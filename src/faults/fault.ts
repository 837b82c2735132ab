import type { Capability, Cluster, Receipt, VmiRef } from "../cluster/cluster.ts";
import type { Permission } from "../kube/permission.ts";
import type { PlannedFault, PlannedVariant } from "../experiment/plan.ts";

/** One victim as it stands when the fault is about to hit it; a replica set has one per member. */
export interface Victim {
  variant: PlannedVariant;
  vmi: VmiRef;
  /** The node its guest runs on. */
  node: string;
}

/**
 * One kind of disturbance, with its parameters set. It says what it needs and how it spreads; `inject` does it
 * to all victims at once, `revert` takes back what would otherwise stay (idempotent, also after a half-done inject).
 */
export interface Fault extends PlannedFault {
  /** One line for a person: what it does. */
  readonly summary: string;
  readonly needs: Capability[];
  /** What it asks of the API server itself, beside what every experiment does; nothing by default. */
  readonly asks?: readonly Permission[];
  /** Why this variant cannot be hit by it (no probe to fail, say), or null where it can. */
  unfit(variant: PlannedVariant): string | null;
  /** What the acts will be aimed at, for a dry run: VMIs or nodes. */
  targets(victims: Victim[]): string[];
  inject(cluster: Cluster, victims: Victim[]): Promise<Hit[]>;
  revert(cluster: Cluster, victims: Victim[]): Promise<void>;
}

/** What was done to one victim, or why it could not be done. */
export type Hit = { victim: Victim } & (
  | {
      receipt: Receipt;
      /** Why it was refused all the same, for now. */
      reason?: string;
    }
  | {
      receipt: null;
      reason: string;
      /** Whether the API server refused it, as it may; otherwise the hands could not do it. */
      refused: boolean;
    }
);
