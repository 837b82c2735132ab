import assert from "node:assert/strict";
import { buildTimeline } from "../../src/observe/timeline.ts";
import { downtimeOf } from "../../src/recovery/downtime.ts";
import type { Measured } from "../../src/recovery/recovery.ts";
import { upVm, type Story } from "./story.ts";

function downtime(story: Story, fromMs = 30_000, untilMs = 120_000): Measured | null {
  const [subject] = buildTimeline(story.journal(undefined, 120_000)).subjects;
  assert.ok(subject);
  return downtimeOf(subject, { fromMs, untilMs });
}

const silentFrom60To80 = (ms: number) => ({ uid: "old", bootId: ms < 60_000 || ms >= 80_000 ? "one" : null });

describe("downtime", () => {
  it("holds the gap in which the guest did not answer", () => {
    const seen = downtime(upVm().asked(300, 120_000, silentFrom60To80));
    assert.ok(seen !== null && seen.low <= 20_000 && seen.high >= 20_000, JSON.stringify(seen));
    assert.ok(seen.high - seen.low <= 6000, JSON.stringify(seen));
  });

  it("is as much of a gap as lies in the window, and goes on to its end", () => {
    const story = upVm().asked(300, 120_000, (ms) => ({ uid: "old", bootId: ms < 60_000 ? "one" : null }));
    assert.deepEqual(downtime(story, 70_000, 100_000), { low: 30_000, value: 30_000, high: 30_000 });
  });

  it("holds what an ended VMI's guest may have been silent before it ended", () => {
    const story = upVm()
      .vmi(60_000, "old", "Failed")
      .asked(300, 120_000, (ms) => (ms < 60_000 ? { uid: "old", bootId: "one" } : null));
    assert.deepEqual(downtime(story, 30_000, 100_000), { low: 40_000, value: 42_000, high: 44_000 });
  });

  it("is not known where nobody asked", () => {
    assert.equal(downtime(upVm()), null);
  });
});
