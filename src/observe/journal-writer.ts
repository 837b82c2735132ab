import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Clock } from "../clock/clock.ts";
import { EnvironmentError, messageOf } from "../errors.ts";
import type { EndEntry, JournalEntry, JournalLine } from "./journal.ts";
import { redactObject, redactPlan } from "./redact.ts";

/**
 * Writes a journal line by line, each synchronously, so that a crash loses nothing that was seen; keeps the lines
 * for judging while the experiment runs. Secrets are redacted before a line is kept anywhere.
 */
export class JournalWriter {
  /** Everything written so far. */
  readonly lines: readonly JournalLine[];
  readonly #lines: JournalLine[] = [];
  readonly #listeners = new Set<(line: JournalLine) => void>();
  readonly #clock: Clock;
  readonly #originMs: number;
  readonly #file: string;
  #descriptor: number | null;

  /** Begins a journal now; `file` must not exist. Throws `EnvironmentError` where it cannot be written. */
  constructor(file: string, clock: Clock) {
    this.lines = this.#lines;
    this.#clock = clock;
    this.#originMs = clock.now();
    this.#file = file;
    this.#descriptor = this.#attempt(() => {
      mkdirSync(dirname(file), { recursive: true });
      return openSync(file, "wx");
    });
  }

  /** Appends a line as of now. After the end nothing is written: what comes late is no part of the run. */
  append(entry: JournalEntry): void {
    const descriptor = this.#descriptor;
    if (descriptor === null) return;
    const line = {
      at: this.secondsAt(this.#clock.now()),
      wall: this.#clock.wall().toISOString(),
      ...redactEntry(entry),
    };
    this.#attempt(() => writeSync(descriptor, JSON.stringify(line) + "\n"));
    this.#lines.push(line);
    for (const listener of [...this.#listeners]) listener(line);
  }

  /** Seconds of the journal, to the millisecond, at an instant of the clock in milliseconds. */
  secondsAt(ms: number): number {
    return Math.round(ms - this.#originMs) / 1000;
  }

  /** Calls `listener` after every line; returns how to stop it. */
  onLine(listener: (line: JournalLine) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Writes the `end` line and closes the file; the first call counts. */
  close(status: EndEntry["status"], reason?: string): void {
    if (this.#descriptor === null) return;
    this.append({ kind: "end", status, ...(reason !== undefined && { reason }) });
    closeSync(this.#descriptor);
    this.#descriptor = null;
  }

  #attempt<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new EnvironmentError(`the journal ${this.#file} cannot be written: ${messageOf(error)}`, { cause: error });
    }
  }
}

function redactEntry(entry: JournalEntry): JournalEntry {
  if (entry.kind === "watch") return { ...entry, object: redactObject(entry.object) };
  if (entry.kind === "plan") return { ...entry, plan: redactPlan(entry.plan) };
  if (entry.kind === "action" && entry["object"]) return { ...entry, object: redactObject(entry["object"]) };
  return entry;
}
