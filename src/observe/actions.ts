import type { ActionEntry, JournalLine } from "./journal.ts";

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

/** Joins `start` and `end` lines of the same action on the same target; a line without a phase is both. */
export function pairActions(lines: { line: JournalLine; atMs: number }[]): Action[] {
  const actions: Action[] = [];
  const open = new Map<string, Action>();
  for (const { line, atMs } of lines) {
    if (line.kind !== "action") continue;
    const key = targetKey(line);
    const begun = line.phase === "end" ? open.get(key) : undefined;
    if (begun !== undefined) {
      begun.toMs = atMs;
      begun.result = line.result ?? null;
      open.delete(key);
      continue;
    }
    const toMs = line.phase === "start" ? null : atMs;
    const action = { name: line.name, fromMs: atMs, toMs, entry: line, result: line.result ?? null };
    actions.push(action);
    if (line.phase === "start") open.set(key, action);
  }
  return actions;
}

/** Name and target of an action: what its `start` and `end` lines have in common. */
function targetKey({
  name,
  vm,
  node,
  target,
  args,
  object,
}: ActionEntry & { target?: unknown; args?: unknown; object?: unknown }): string {
  const metadata = (object as { metadata?: { namespace?: string; name?: string } } | undefined)?.metadata;
  return JSON.stringify([name, vm, node, target, args, metadata?.namespace, metadata?.name]);
}
