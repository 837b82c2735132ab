import type { Cluster } from "../cluster/cluster.ts";
import type { ClusterDescription, PlannedRemedy } from "../experiment/plan.ts";
import type { Hit, Victim } from "../faults/fault.ts";
import type { Permission } from "../kube/permission.ts";
import type { UndoStack } from "../safety/undo-stack.ts";

/**
 * What an administrator or an operator does to bring VMs back that do not come back by themselves. It is applied
 * once, to the victims that are seen to need it, in a phase of its own that has its name.
 */
export interface Remedy extends PlannedRemedy {
  /** One line for a person: what is done. */
  readonly summary: string;
  /** Whether it is a step of a procedure, done to all victims as they were hit, and not only to those that need it. */
  readonly isForAll?: true;
  /** What it asks of the API server, beside what every experiment does; nothing by default. */
  readonly asks?: readonly Permission[];
  /** What the cluster lacks for it, in words; null where it lacks nothing. */
  lacks(cluster: ClusterDescription): string | null;
  /** What it will be done to, for a dry run: pods, VMs or nodes. */
  targets(victims: Victim[]): string[];
  /** Registers with `undo` what takes back that which would otherwise stay, before it does anything. */
  apply(cluster: Cluster, victims: Victim[], undo: UndoStack): Promise<Hit[]>;
}
