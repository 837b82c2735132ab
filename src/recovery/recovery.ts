import type { Outcome } from "../experiment/plan.ts";
import type { Parallel } from "./parallel.ts";

/** Milliseconds between which the truth lies. */
export interface Interval {
  low: number;
  high: number;
}

/** An interval with its midpoint. */
export interface Measured extends Interval {
  value: number;
}

/** How far the proof of a recovery goes; unlike proofs are not compared. */
export type ProvenBy = "answer" | "agent" | "readiness-probe" | "ready-only";

/** Where a VM that is wanted up and does not serve is stuck. */
export type StuckOn =
  | "node-lost"
  | "terminating"
  | "unschedulable"
  | "back-off"
  | "restart-loop"
  | "guest-hung"
  | "migration"
  | "paused"
  | "not-ready"
  | "not-created"
  | "starting";

export const stageNames = [
  "detect",
  "held",
  "remedy",
  "evict",
  "terminate",
  "backoff",
  "queue",
  "recreate",
  "schedule",
  "attach",
  "launch",
  "prepare",
  "copy",
  "boot",
  "ready",
  "answer",
  "settle",
] as const;
export type StageName = (typeof stageNames)[number];

/** Part of the time to recover: the gap between two observed milestones; integer milliseconds. */
export interface Stage {
  name: StageName;
  ms: number;
}

/** What became of what the guest had written on its disk, by the marker that it tells. */
export const dataFates = ["kept", "lost-by-design", "lost", "unknown"] as const;
export type DataFate = (typeof dataFates)[number];

/** Who a VM was at an instant, as far as it was observed. */
export interface Identity {
  vmiUid: string | null;
  node: string | null;
  bootId: string | null;
}

/** What became of one variant within one window of a journal; times in milliseconds of the journal. */
export interface Recovery {
  outcome: Outcome;
  /** One sentence for a person: what was seen. */
  detail: string;
  on: StuckOn | null;
  /** Final phase, where the outcome is `stopped`. */
  phase: string | null;
  /** Whether the VM now runs on another node; null where that cannot be said. */
  nodeChanged: boolean | null;
  /** Why the measurement cannot be trusted; empty where it can. */
  distrust: string[];
  provenBy: ProvenBy | null;
  /** Between these instants the lasting good stretch began (last bad, first good observation). */
  goodAtMs: Interval | null;
  ttrMs: Measured | null;
  fromReliefMs: Measured | null;
  endedMs: number | null;
  censoredAtMs: number | null;
  downtimeMs: Measured | null;
  /** By each Service that stands before it. */
  users: Users[];
  /** Between these instants two guests of it were seen alive at once; null where they were not. */
  twiceMs: Interval | null;
  /** How many migrations were under way at once while one of its own was; null where none was. */
  parallel: Parallel | null;
  /** The fewest VMIs that a replica set had at any one time, of those that had not ended; null for what is none. */
  leastMembers: number | null;
  /** How it ended since it was hit: the final phases of its VMIs, and why launcher pods Failed, in the platform's words. */
  endings: string[];
  /** How many of its launcher pods are marked for deletion at the window's end, and still there. */
  terminatingPods: number;
  stages: Stage[];
  slowest: { name: StageName; because: string } | null;
  /** The setting by which most could be gained, and how much of the whole it governs; null where none governs any. */
  advice: string | null;
  before: Identity;
  after: Identity;
  data: DataFate;
  /** Replica sets: one per VMI that was a member in the window. */
  members: Member[];
  /** The observations the reading rests on, for a reader who doubts it. */
  evidence: Evidence[];
}

/** What became of those who come through a Service, at a node where nothing is broken; milliseconds. */
export interface Users {
  service: string;
  /** Whether they are served at the window's end. */
  served: boolean;
  /** From the bite, or from the relief, until they were served again, unbroken since; null where they are not, or always were. */
  ttrMs: Measured | null;
  fromReliefMs: Measured | null;
  downtimeMs: Measured;
}

export interface Member extends Identity {
  name: string;
  outcome: Outcome;
}

export interface Evidence {
  atMs: number;
  text: string;
}
