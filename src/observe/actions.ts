import type { ActionEntry } from "./journal.ts";

/** Something done to the cluster, from its `start` line to its `end` line; milliseconds of the journal. */
export interface Action {
  name: string;
  fromMs: number;
  /** Null while it went on when the journal, or what is known of it, ended. */
  toMs: number | null;
  /** The `start` line, with all its details. */
  entry: ActionEntry;
  /** What it answered; null where it answered nothing, or had not yet. */
  result: string | null;
}

/** Joins each `end` line to the last open `start` line that it does not contradict; a line without a phase is both. */
export function pairActions(lines: { line: ActionEntry; atMs: number }[]): Action[] {
  const actions: Action[] = [];
  const open: Action[] = [];
  for (const { line, atMs } of lines) {
    const begun = line.phase === "end" ? open.findLast((action) => isSame(action.entry, line)) : undefined;
    if (begun !== undefined) {
      begun.toMs = atMs;
      begun.result = line.result ?? null;
      open.splice(open.indexOf(begun), 1);
      continue;
    }
    const toMs = line.phase === "start" ? null : atMs;
    const action = { name: line.name, fromMs: atMs, toMs, entry: line, result: line.result ?? null };
    actions.push(action);
    if (line.phase === "start") open.push(action);
  }
  return actions;
}

/** Whether two lines tell of one action: the same name, and the same target as far as both name it. */
function isSame(start: ActionEntry, end: ActionEntry): boolean {
  const details = ["vm", "node", "variant", "fault", "resource", "target", "args", "object"];
  return (
    start.name === end.name &&
    details.every((key) => start[key] === undefined || end[key] === undefined || isEqual(start[key], end[key]))
  );
}

function isEqual(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
