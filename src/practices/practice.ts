import type { Outcome } from "../experiment/plan.ts";
import type { ExperimentResult, VariantResult } from "../report/results.ts";

/** One variant in one phase of an experiment: what a practice may promise something to. */
export interface Trial {
  fault: Pick<ExperimentResult["fault"], "name" | "parameters">;
  /** `observe`, a remedy's name, or `return`. */
  phase: string;
  /** What VMs that state no eviction strategy go by; undefined where it is not known. */
  clusterEvictionStrategy?: string | undefined;
  variant: Pick<VariantResult, "role" | "kind" | "runStrategy" | "evictionStrategy" | "traits" | "bite">;
}

/** One piece of the vendor's advice, and what it says will come of following it. */
export interface Practice {
  id: string;
  /** The section of the document that it stands in. */
  section: string;
  /** What is promised, in the document's sense. */
  promise: string;
  /** The outcomes that keep the promise; null where it promises nothing to this one. */
  promises(trial: Trial): readonly Outcome[] | null;
}

/** Faults by which a node is lost, or cannot be reached. */
export const nodeLosses: readonly string[] = ["node-shutdown", "node-freeze", "node-partition", "kubelet-stop"];

/** It serves, whatever was in between. */
export const serving = ["restarted", "migrated", "rebooted", "resumed", "blocked", "undisturbed"] as const;
