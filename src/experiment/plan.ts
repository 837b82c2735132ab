import type { EvictionStrategy, Manifest, RunStrategy } from "../kube/objects.ts";

/** Outcomes that can be expected. */
export const expectationOutcomes = [
  "restarted",
  "stopped",
  "migrated",
  "stuck",
  "rebooted",
  "resumed",
  "blocked",
  "undisturbed",
] as const;

/** What became of a variant, by observation alone; `unknown` without the evidence to tell. */
export const outcomes = [...expectationOutcomes, "unknown"] as const;
export type Outcome = (typeof outcomes)[number];

/** Outcomes that have a time to recover. */
export const comebacks: ReadonlySet<Outcome> = new Set(["restarted", "rebooted", "resumed", "migrated"]);

/** What a variant must do in a phase. */
export interface Expectation {
  outcome: Outcome;
  /** Longest time to recover, in milliseconds: from the bite, in later phases from the relief; null where the outcome has none. */
  withinMs: number | null;
  /** Longest downtime in milliseconds, if one is promised. */
  maxDowntimeMs: number | null;
  /** The least time to recover that the live settings allow, in milliseconds; null where none can be computed. */
  floorMs: number | null;
  /** Whether its pods must be left Terminating on the lost node at the phase's end, or gone. */
  terminatingPods?: "left" | "none";
  /** Whether the platform warns that two guests of the VM may run at once, so that seeing it is a finding and nothing more. */
  mayBeTwice?: true;
  /** How many live migrations may be under way at once, by the live settings. */
  migrationsAtOnce?: { fromNode: number; inAll: number };
  /** How many VMIs a replica set must have at any one time. */
  members?: number;
  /**
   * What is expected in its place where a VMI is seen to have ended so, or a launcher pod to have Failed for this reason: a
   * hazard that chance decides.
   */
  unless?: { ending: string; instead: Expectation };
  /** Where the platform documents this: a row of its documentation, or the scenario that overrides it. */
  source: string;
}

/** How far a disturbance reaches. */
export type Scope = "vm" | "node" | "cluster";

/** Whether victims of one disturbance distort one another's times. */
export type Sharing = "independent" | "queued" | "exclusive";

export interface PlannedFault {
  name: string;
  parameters: Record<string, unknown>;
  scope: Scope;
  sharing: Sharing;
}

export interface PlannedRemedy {
  name: string;
  scope: Scope;
  sharing: Sharing;
}

export interface PlannedPhase {
  /** `observe`, the name of a remedy, or `return`. */
  name: string;
  /** Longest time, in milliseconds, the phase is observed. */
  limitMs: number;
  /** By the variant's name, what lets the phase end before its limit; not there where the scenario states how long it lasts. */
  rests?: Record<string, Rest>;
}

/** When nothing documented could change any more what became of a variant, if it is as expected; milliseconds. */
export interface Rest {
  /** How long the phase must have lasted. */
  afterMs: number;
  /** How long a comeback must have lasted unbroken. */
  unbrokenMs: number;
}

export type VariantKind = "VirtualMachine" | "VirtualMachineInstance" | "VirtualMachineInstanceReplicaSet";

export interface PlannedVariant {
  name: string;
  role: "victim" | "bystander";
  kind: VariantKind;
  runStrategy: RunStrategy | null;
  evictionStrategy: EvictionStrategy | null;
  /** The objects applied for it, the variant itself first; secrets redacted. */
  manifests: Manifest[];
  manifestSha256: string;
  /** By the phase's name. A phase without one is not judged for this variant. */
  expectations: Record<string, Expectation>;
  /** What a reader of its results must know: how it was changed, what of it is not judged. */
  notes?: string[];
  /** It runs on the victims' node or nowhere. */
  pinned?: true;
  /** It runs on the victims' node or on one other. */
  paired?: true;
  /** No other node may take it while the experiment lasts, for want of room or because it has no other's disk. */
  confined?: true;
  /** The share of a node's memory that it requests, in words; its manifests have the quantity. */
  memoryShare?: string;
  /** It starts on another node than the victims' where there is room. */
  elsewhere?: true;
  /** It is known never to come up, so that nobody waits for it. */
  neverUp?: true;
  /** It is known to be refused by the API server, so that there is never anything of it. */
  refused?: true;
  /** Why it is left out of the run; null where it takes part. */
  skip: string | null;
}

/** Whether nobody is to wait for it to come up. */
export function isNeverUp({ neverUp, refused }: Pick<PlannedVariant, "neverUp" | "refused">): boolean {
  return neverUp === true || refused === true;
}

/** The settings of the live cluster that govern recovery; seconds unless named otherwise. */
export interface ClusterSettings {
  nodeMonitorGracePeriodSeconds: number;
  unreachableTolerationSeconds: number;
  evictionStrategy: EvictionStrategy;
  [setting: string]: unknown;
}

export interface ClusterDescription {
  provider: "simulated" | "kind" | "existing";
  /** True where the numbers come from a model and not from a cluster. */
  prediction: boolean;
  kubernetes: string;
  kubevirt: string;
  nodes: number;
  acceleration: "kvm" | "tcg" | "simulated";
  cgroup: "v1" | "v2";
  settings: ClusterSettings;
  operators: string[];
}

/** Where KubeVirt's own pods are: in its usual namespace unless the cluster's settings name another. */
export function kubeVirtNamespaceOf({ settings }: ClusterDescription): string {
  return typeof settings["kubeVirtNamespace"] === "string" ? settings["kubeVirtNamespace"] : "kubevirt";
}

/** One experiment, wholly decided before anything is touched; the first line of its journal. */
export interface Plan {
  id: string;
  scenario: string;
  title: string;
  practices: string[];
  seed: number;
  repeat: number;
  namespace: string;
  /** Its variants run already, in somebody else's namespace: they are neither deployed nor deleted. */
  live?: true;
  cluster: ClusterDescription;
  fault: PlannedFault;
  /** What the cluster's own eviction strategy is set to while the experiment lasts. */
  clusterEvictionStrategy?: EvictionStrategy;
  /** What is done after, in order; each has the phase of its name. */
  remedies: PlannedRemedy[];
  phases: PlannedPhase[];
  variants: PlannedVariant[];
  /** Milliseconds a good stretch must last unbroken to count. */
  settleMs: number;
  /** Why the experiment is not run at all; null where it is. */
  skip: string | null;
}
