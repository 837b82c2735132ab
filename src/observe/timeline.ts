import type { VariantKind } from "../experiment/plan.ts";
import type { EvictionStrategy, VmiSpec } from "../kube/objects.ts";
import type { Action } from "./actions.ts";
import type { History } from "./history.ts";
import type { BiteEntry, JournalLine } from "./journal.ts";
import type { MigrationState, NodeState, PodState, ReplicaSetState, VmiState, VmState } from "./object-states.ts";
import { TimelineBuilder } from "./timeline-builder.ts";
import { inOrderOfEvents, timeOf } from "./watch-order.ts";

/** An answer of the guest, or its silence, from this sample on until the next; milliseconds of the journal. */
export interface Answer {
  atMs: number;
  askedMs: number;
  /** When the last question with the answer before was put; null where none was put before. */
  lastOfPreviousMs: number | null;
  ok: boolean;
  bootId: string | null;
  /** What it has on its disk, as `<volume>/<id>`; null where it tells none. */
  marker: string | null;
}

/** An event that tells what no object shows: its reason, and when it was seen. */
export interface Notice {
  atMs: number;
  reason: string;
}

export interface PodTimeline {
  name: string;
  states: History<PodState>;
  notices: Notice[];
  /** Whether it was made to be the target of a migration. */
  isMigrationTarget: boolean;
}

/** What its users were answered through a Service that stands before it. */
export interface UserPath {
  service: string;
  answers: Answer[];
}

export interface MigrationTimeline {
  name: string;
  states: History<MigrationState>;
}

/** One VMI object, from its creation to its end. */
export interface Incarnation {
  uid: string;
  name: string;
  spec: VmiSpec;
  states: History<VmiState>;
  answers: Answer[];
  notices: Notice[];
  pods: PodTimeline[];
  migrations: MigrationTimeline[];
}

/** Everything known about one VM, bare VMI or replica set. */
export interface SubjectTimeline {
  name: string;
  namespace: string;
  kind: VariantKind;
  evictionStrategy: EvictionStrategy | null;
  /** Empty unless it is a VM. */
  vm: History<VmState>;
  /** Empty unless it is a replica set. */
  set: History<ReplicaSetState>;
  /** By creation. */
  incarnations: Incarnation[];
  paths: UserPath[];
}

/** Nothing was seen of a resource for a while. */
export interface Gap {
  resource: string;
  fromMs: number;
  toMs: number;
  reason: string;
}

export interface Timeline {
  subjects: SubjectTimeline[];
  nodes: Map<string, History<NodeState>>;
  actions: Action[];
  /** The proofs of effect that whoever injected the fault wrote down. */
  bites: BiteEntry[];
  gaps: Gap[];
  clockJumps: { atMs: number; skewMs: number }[];
}

/** Merges a journal's lines, as far as `untilMs` (all of them by default), into what is known of every subject. */
export function buildTimeline(lines: readonly JournalLine[], untilMs = Infinity): Timeline {
  const builder = new TimelineBuilder();
  const placed = lines.map((line, index) => ({ line, atMs: timeOf(line, index) }));
  // That nobody looked is known only after; it was so all the same.
  const known = placed.filter(({ line, atMs }) => atMs <= untilMs || line.kind === "watch-lost");
  for (const { line, atMs } of inOrderOfEvents(known)) builder.add(line, atMs);
  return builder.build();
}
