import { valueAt } from "../observe/history.ts";
import type { MigrationState } from "../observe/object-states.ts";
import type { Incarnation, MigrationTimeline, SubjectTimeline, Timeline } from "../observe/timeline.ts";
import { isFinal } from "./aim.ts";
import type { Window } from "./window.ts";

/** How many live migrations were under way at once. */
export interface Parallel {
  /** From one node. */
  fromNode: number;
  inAll: number;
}

interface Span {
  fromMs: number;
  toMs: number;
  /** When its VMI ran on the other node already: from then on it takes up no place of the first. */
  leftMs: number;
  node: string | null;
}

/**
 * The most migrations that were under way at once while one of the subject's own was, as far as the journal tells; null
 * where none was. One that waits for its turn (Pending) is not under way.
 */
export function parallelMigrations(timeline: Timeline, subject: SubjectTimeline, window: Window): Parallel | null {
  const isInWindow = ({ fromMs, toMs }: Span): boolean => fromMs <= window.untilMs && toMs > window.fromMs;
  const all = timeline.subjects.flatMap(spansOf).filter(isInWindow);
  const counts = spansOf(subject)
    .filter(isInWindow)
    .flatMap((own) =>
      all
        .filter(({ fromMs }) => fromMs >= own.fromMs && fromMs < own.toMs)
        .map(({ fromMs: atMs }) => {
          const together = all.filter(({ fromMs, toMs }) => fromMs <= atMs && toMs > atMs);
          const fromNode = together.filter(({ node, leftMs }) => node === own.node && leftMs > atMs).length;
          return { fromNode, inAll: together.length };
        }),
    );
  if (counts.length === 0) return null;
  return {
    fromNode: Math.max(...counts.map(({ fromNode }) => fromNode)),
    inAll: Math.max(...counts.map(({ inAll }) => inAll)),
  };
}

function spansOf({ incarnations }: SubjectTimeline): Span[] {
  return incarnations.flatMap((incarnation) =>
    incarnation.migrations.flatMap((migration) => spanOf(migration, incarnation) ?? []),
  );
}

function spanOf({ states }: MigrationTimeline, { states: vmi }: Incarnation): Span | null {
  const begin = states.find(({ value }) => isUnderWay(value));
  if (begin === undefined) return null;
  const end = states.find(({ atMs, value }) => atMs > begin.atMs && !isUnderWay(value));
  const node = valueAt(vmi, begin.atMs)?.node ?? null;
  const left = vmi.find(({ atMs, value }) => atMs > begin.atMs && value.node !== node);
  return { fromMs: begin.atMs, toMs: end?.atMs ?? Infinity, leftMs: left?.atMs ?? Infinity, node };
}

function isUnderWay({ exists, phase }: MigrationState): boolean {
  return exists && phase !== "" && phase !== "Pending" && !isFinal(phase);
}
