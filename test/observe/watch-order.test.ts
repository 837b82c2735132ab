import assert from "node:assert/strict";
import type { JournalLine } from "../../src/observe/journal.ts";
import { inOrderOfEvents, timeOf } from "../../src/observe/watch-order.ts";

function watch(at: number, resource: string, resourceVersion: string, verb = "MODIFIED"): JournalLine {
  return { at, wall: "", kind: "watch", verb, resource, object: { metadata: { resourceVersion } } } as JournalLine;
}

function ordered(lines: JournalLine[]): (string | number)[][] {
  const placed = lines.map((line, index) => ({ line, atMs: timeOf(line, index) }));
  return inOrderOfEvents(placed).map(({ line, atMs }) => [
    line.kind === "watch" ? line.object.metadata.resourceVersion : line.kind,
    Math.round(atMs),
  ]);
}

describe("the order of events from separate watches", () => {
  it("is that of their resourceVersions: an event seen after a younger one had happened by then", () => {
    const lines = [watch(1, "pods", "11"), watch(1.04, "nodes", "10"), watch(2, "pods", "12")];
    assert.deepEqual(ordered(lines), [
      ["10", 1000],
      ["11", 1000],
      ["12", 2000],
    ]);
  });

  it("leaves lists where they arrived, whose objects are older than that", () => {
    const lines = [watch(1, "pods", "20", "LISTED"), watch(1.1, "nodes", "15", "LISTED"), watch(1.2, "pods", "21")];
    assert.deepEqual(ordered(lines), [
      ["20", 1000],
      ["15", 1100],
      ["21", 1200],
    ]);
  });

  it("does not compare the versions of events, which may have a store of their own", () => {
    const lines = [watch(1, "events", "900"), watch(2, "pods", "30")];
    assert.deepEqual(ordered(lines), [
      ["900", 1000],
      ["30", 2000],
    ]);
  });

  it("keeps other lines in their place, also within one instant", () => {
    const action = (at: number): JournalLine => ({ at, wall: "", kind: "action", name: "apply" });
    const lines = [watch(1, "pods", "1"), action(1), watch(1, "pods", "2"), action(3), watch(3.1, "nodes", "3")];
    assert.deepEqual(
      ordered(lines).map(([what]) => what),
      ["1", "action", "2", "action", "3"],
    );
  });
});
