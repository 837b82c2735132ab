import type { KubeObject } from "../kube/objects.ts";
import type { Plan } from "../experiment/plan.ts";

/**
 * A journal is a file of JSON lines, appended to and never rewritten: what was planned, done and
 * seen. `at` is seconds since the journal began on a monotonic clock; `wall` is the calendar time.
 * Everything right of it (timeline, recovery, verdict, reports) is a pure function of it.
 */
export type JournalLine = { at: number; wall: string } & JournalEntry;

export type JournalEntry =
  PlanEntry | WatchEntry | ActionEntry | SampleEntry | PhaseEntry | BiteEntry | WatchLostEntry | ClockEntry | EndEntry;

/** First line of a journal that Rebound wrote; a recording has an action `recording` instead. */
export interface PlanEntry {
  kind: "plan";
  plan: Plan;
}

export interface WatchEntry {
  kind: "watch";
  verb: "LISTED" | "ADDED" | "MODIFIED" | "DELETED";
  resource: string;
  object: KubeObject;
  /** The watch had to catch up after its stream broke: the change may have happened any time since (seconds). */
  blindSince?: number;
}

/**
 * Something done to the cluster: `apply`, `delete`, `kill-qemu`, `node-kill`, `node-stop`, `node-start`,
 * `oom`, `guest`, `virtctl`, … An `end` line closes the `start` line of the same name and target.
 */
export interface ActionEntry {
  kind: "action";
  name: string;
  phase?: "start" | "end";
  vm?: string;
  node?: string;
  result?: string;
  [detail: string]: unknown;
}

/**
 * The guest's answer changed: `ok` and `bootId` are what it answers now, `asked` when that question was
 * put, `lastOfPrevious` when the last question with the previous answer was put (seconds of the journal).
 * `known` says by when it had changed, where that was some time before the line was written. `marker` is what it keeps
 * on a disk, as `<volume>/<id>`; null where it keeps none.
 *
 * By the channel `service` it was asked as its users do, through a Service on a node that stands by: `uid` is then the
 * Service's, and `vm` a VMI that is, or was, behind it.
 */
export interface SampleEntry {
  kind: "sample";
  /** `guest`, the guest itself, where nothing is said. */
  channel?: "guest" | "service";
  /** The Service's name. */
  service?: string;
  vm: string;
  uid: string;
  ok: boolean;
  bootId: string | null;
  marker?: string | null;
  asked: number;
  lastOfPrevious: number | null;
  known?: number;
}

/** A phase of the experiment (`steady-state`, `observe`, a remedy's name, `return`) begins or ends. */
export interface PhaseEntry {
  kind: "phase";
  name: string;
  phase: "start" | "end";
  reason?: string;
}

/** The proof that the fault took effect on one variant, between two instants (seconds), as its actuator saw it. */
export interface BiteEntry {
  kind: "bite";
  variant: string;
  /** The VMI that was hit; a replica set has several. */
  vmiUid: string;
  from: number;
  to: number;
  evidence: string;
}

/** Nothing of this resource was seen between `from` and `to` (seconds); a transition in it could have been missed. */
export interface WatchLostEntry {
  kind: "watch-lost";
  resource: string;
  from: number;
  to: number;
  reason: string;
}

/** The monotonic and the calendar clock parted, or the API server's clock differs: `skewMs` says by how much. */
export interface ClockEntry {
  kind: "clock";
  skewMs: number;
  against: "wall" | "api-server";
}

/** Last line of a journal that was closed in order; without it, the run was cut off. */
export interface EndEntry {
  kind: "end";
  status: "complete" | "interrupted" | "failed";
  reason?: string;
}
