import type { JournalLine } from "./journal.ts";

/**
 * How late a watch event may arrive, in milliseconds: what it tells happened at most this long before it was seen.
 */
export const watchLagMs = 500;

/** A line with its place in time, in milliseconds of the journal. */
export interface PlacedLine {
  line: JournalLine;
  atMs: number;
}

/** When a line was written; of a sample, when it was known. Lines of one instant keep their order: each is a nanosecond after the one before. */
export function timeOf(line: JournalLine, index: number): number {
  const at = line.kind === "sample" ? (line.known ?? line.at) : line.at;
  return at * 1000 + index * 1e-6;
}

/**
 * Puts the lines of one cluster into the order in which things happened. Each resource has a watch of its own, so
 * events arrive a few hundredths of a second out of order; their resourceVersions, counted by the cluster's one store,
 * tell the true order. An event that arrived after a younger one had happened by then: it takes the younger's time.
 * Lines of other kinds, and lists (whose objects are older than their arrival), keep theirs.
 */
export function inOrderOfEvents(lines: PlacedLine[]): PlacedLine[] {
  const events: (PlacedLine & { version: number })[] = [];
  const others: PlacedLine[] = [];
  for (const placed of lines) {
    const version = versionOf(placed.line);
    if (Number.isNaN(version)) others.push(placed);
    else events.push({ ...placed, version });
  }
  events.sort((one, other) => one.version - other.version || one.atMs - other.atMs);
  let soonestMs = Infinity;
  for (const event of events.toReversed()) {
    soonestMs = Math.min(soonestMs, event.atMs);
    event.atMs = soonestMs;
  }
  // The sort is stable: events of one instant stay in the order of their versions.
  return [...events, ...others].toSorted((one, other) => one.atMs - other.atMs);
}

/** NaN where it compares with nothing: events of the `events` resource may live in a store of their own. */
function versionOf(line: JournalLine): number {
  if (line.kind !== "watch" || line.verb === "LISTED" || line.resource === "events") return NaN;
  return Number(line.object.metadata.resourceVersion);
}
