import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JournalLine } from "../../src/observe/journal.ts";
import { JournalWriter } from "../../src/observe/journal-writer.ts";
import { ManualClock } from "../clock/manual-clock.ts";

describe("the journal writer", () => {
  let folder: string;
  let clock: ManualClock;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "rebound-journal-"));
    clock = new ManualClock();
    await clock.advance(5000.25);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = (file: string): JournalLine[] =>
    readFileSync(file, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as JournalLine);

  it("counts from its own beginning, in seconds to the millisecond, with the calendar time", async () => {
    const journal = new JournalWriter(join(folder, "a.jsonl"), clock);
    await clock.advance(1234.5678);
    journal.append({ kind: "phase", name: "observe", phase: "start" });
    assert.deepEqual(journal.lines, [
      { at: 1.235, wall: "2026-01-01T00:00:06.234Z", kind: "phase", name: "observe", phase: "start" },
    ]);
    assert.equal(journal.secondsAt(5100.25), 0.1);
  });

  it("has each line on disk as soon as it is written, without being closed", () => {
    const file = join(folder, "deep", "b.jsonl");
    const journal = new JournalWriter(file, clock);
    for (let i = 0; i < 3; i++) {
      journal.append({ kind: "action", name: `act-${i}` });
      assert.deepEqual(read(file), journal.lines);
    }
  });

  it("ends with how it ended, once, and takes nothing after", () => {
    const file = join(folder, "c.jsonl");
    const journal = new JournalWriter(file, clock);
    journal.close("interrupted", "Ctrl-C");
    journal.close("complete");
    journal.append({ kind: "action", name: "late" });
    assert.deepEqual(read(file), [
      { at: 0, wall: "2026-01-01T00:00:05.000Z", kind: "end", status: "interrupted", reason: "Ctrl-C" },
    ]);
  });

  it("keeps no secret, in memory or on disk, of objects seen and of manifests applied", () => {
    const file = join(folder, "d.jsonl");
    const journal = new JournalWriter(file, clock);
    const metadata = { name: "s", uid: "1", resourceVersion: "1", creationTimestamp: "" };
    const object = { apiVersion: "v1", kind: "Secret", metadata, data: { key: "hunter2" } };
    journal.append({ kind: "watch", verb: "ADDED", resource: "secrets", object });
    journal.append({ kind: "action", name: "apply", phase: "start", object });
    assert.ok(!JSON.stringify(journal.lines).includes("hunter2"));
    assert.ok(!readFileSync(file, "utf8").includes("hunter2"));
  });

  it("tells listeners each line, until they stop", () => {
    const journal = new JournalWriter(join(folder, "e.jsonl"), clock);
    const heard: string[] = [];
    const stop = journal.onLine((line) => heard.push(line.kind));
    journal.append({ kind: "action", name: "a" });
    stop();
    journal.append({ kind: "action", name: "b" });
    assert.deepEqual(heard, ["action"]);
  });

  it("overwrites no journal, and says which file it could not write", () => {
    const file = join(folder, "f.jsonl");
    new JournalWriter(file, clock).close("complete");
    assert.throws(() => new JournalWriter(file, clock), { name: "EnvironmentError", message: /f\.jsonl.*EEXIST/ });
    assert.throws(() => new JournalWriter(join(file, "g.jsonl"), clock), { name: "EnvironmentError" });
  });
});
