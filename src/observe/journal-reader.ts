import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGunzip } from "node:zlib";
import { messageOf, UsageError } from "../errors.ts";
import type { Plan } from "../experiment/plan.ts";
import type { JournalLine } from "./journal.ts";

export interface Journal {
  lines: JournalLine[];
  /** What is missing at the end, if the last line was cut off in mid-write; null where every line is whole. */
  cutOff: string | null;
}

/**
 * Reads a journal: JSON lines, gzipped if its name ends in `.gz`. A last line that was cut off is left out and said;
 * any other line that is none is a `UsageError` that names file and line.
 */
export async function readJournal(path: string): Promise<Journal> {
  const texts: string[] = [];
  try {
    for await (const line of createInterface({ input: open(path), crlfDelay: Infinity })) {
      if (line.trim() !== "") texts.push(line);
    }
  } catch (error) {
    throw new UsageError(`cannot read journal ${path}: ${messageOf(error)}`, { cause: error });
  }
  return parseJournal(texts, path);
}

/** Parses a journal's lines (blank ones left out before); `name` is the file's, for errors. */
function parseJournal(texts: string[], name: string): Journal {
  const lines: JournalLine[] = [];
  for (const [index, text] of texts.entries()) {
    const line = parseLine(text);
    if (typeof line === "object") {
      lines.push(line);
    } else if (index === texts.length - 1 && index > 0) {
      return { lines, cutOff: `line ${index + 1} of ${name} is cut off (${line}); it is left out` };
    } else {
      throw new UsageError(`${name}:${index + 1}: not a journal line: ${line}`);
    }
  }
  const [first] = lines;
  if (first === undefined) throw new UsageError(`${name} holds no journal line`);
  // Rebound alone writes plans, and whole: more than what everything else goes by is not looked at.
  if (first.kind === "plan" && !Array.isArray((first.plan as Partial<Plan> | undefined)?.variants)) {
    throw new UsageError(`${name}:1: not a plan that this version of Rebound wrote`);
  }
  return { lines, cutOff: null };
}

function open(path: string): Readable {
  const file = createReadStream(path);
  if (!path.endsWith(".gz")) return file;
  // Z_SYNC_FLUSH: the journal of a run that was killed ends in mid-stream; what had been written is still there.
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  // The pipeline destroys `gunzip` with the error, which the reader of its lines then meets.
  pipeline(file, gunzip).catch(() => undefined);
  return gunzip;
}

/** The line, or what is wrong with it. */
function parseLine(text: string): JournalLine | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return messageOf(error);
  }
  const { at, kind } = (value ?? {}) as Partial<JournalLine>;
  if (typeof at !== "number" || typeof kind !== "string") return 'it needs a number "at" and a string "kind"';
  return value as JournalLine;
}
