import type { ClusterDescription, PlannedFault, PlannedVariant } from "../plan.ts";

/** All that a rule may look at. */
export interface Situation {
  fault: PlannedFault;
  /** `observe`, a remedy's name, or `return`. */
  phase: string;
  /** The phases before it, in order. */
  before: string[];
  /** How long the fault is left alone before it is reverted, in milliseconds; null: as long as its outcome needs. */
  heldMs: number | null;
  variant: Omit<PlannedVariant, "expectations" | "skip">;
  /** All that the fault is aimed at, this one among them where it is no bystander. */
  victims: Situation["variant"][];
  cluster: ClusterDescription;
}

/**
 * What lasts while the fault happens, and changes what becomes of a VM: a component that is away, by its name, or else
 * a fault's name; null where there is nothing. A slow API server changes only how long it takes.
 */
export function backgroundOf({ parameters }: PlannedFault): string | null {
  const during = parameters["during"] as { fault: string; component?: string } | undefined;
  if (during === undefined || during.fault === "api-slow") return null;
  return during.component ?? during.fault;
}

/** How a VM is run, as far as it decides what becomes of it. */
export type Way = "Always" | "RerunOnFailure" | "Manual" | "Once" | "Halted" | "bare" | "replicaSet";

/** The way this variant is run; null for one that no rule speaks of. */
export function wayOf(variant: Situation["variant"]): Way | null {
  if (variant.kind === "VirtualMachineInstance") return "bare";
  if (variant.kind === "VirtualMachineInstanceReplicaSet") return "replicaSet";
  if (variant.runStrategy === null || variant.runStrategy === "WaitAsReceiver") return null;
  return variant.runStrategy;
}

/** Whether it may run on the victims' node alone: by its selector, for want of room elsewhere, or where its disk is. */
export function isConfined({ pinned, confined }: Situation["variant"]): boolean {
  return pinned === true || confined === true;
}
