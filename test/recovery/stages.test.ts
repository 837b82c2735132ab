import assert from "node:assert/strict";
import fc from "fast-check";
import type { Milestone } from "../../src/recovery/milestones.ts";
import { stageNames } from "../../src/recovery/recovery.ts";
import { stagesBetween } from "../../src/recovery/stages.ts";

describe("stages", () => {
  it("are the gaps between milestones in time order, the rest at the end", () => {
    const milestones: Milestone[] = [
      { atMs: 500, ends: "recreate" },
      { atMs: 120.4, ends: "detect" },
    ];
    assert.deepEqual(stagesBetween(100, 900, milestones, "settle"), [
      { name: "detect", ms: 20 },
      { name: "recreate", ms: 380 },
      { name: "settle", ms: 400 },
    ]);
  });

  it("leave out what took no time, and join what follows itself", () => {
    const milestones: Milestone[] = [
      { atMs: 200, ends: "terminate" },
      { atMs: 200, ends: "evict" },
      { atMs: 300, ends: "terminate" },
    ];
    assert.deepEqual(stagesBetween(100, 300, milestones, "settle"), [{ name: "terminate", ms: 200 }]);
  });

  it("sum to the whole, wherever the milestones lie", () => {
    const milestone = fc.record({
      atMs: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      ends: fc.constantFrom(...stageNames),
    });
    fc.assert(
      fc.property(fc.array(milestone), fc.nat(1e6), fc.nat(1e6), (milestones, fromMs, lengthMs) => {
        const stages = stagesBetween(fromMs, fromMs + lengthMs, milestones, "settle");
        assert.equal(
          stages.reduce((sum, stage) => sum + stage.ms, 0),
          lengthMs,
        );
      }),
    );
  });
});
