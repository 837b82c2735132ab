import assert from "node:assert/strict";
import { DeadlineError, withDeadline } from "../../src/clock/deadline.ts";
import { ManualClock } from "./manual-clock.ts";

const never = (): Promise<never> => new Promise(() => {});

describe("withDeadline", () => {
  it("hands back what the work yields, and leaves no timer", async () => {
    const clock = new ManualClock();
    assert.equal(await withDeadline(clock, 1000, () => Promise.resolve("done"), "work"), "done");
    assert.equal(clock.pending, 0);
  });

  it("ends work that never ends, and says what was waited for and how long", async () => {
    const clock = new ManualClock();
    const ending = assert.rejects(withDeadline(clock, 1500, never, "the moon"), {
      name: "DeadlineError",
      message: "waited 1.5 s for the moon",
    });
    await clock.advance(1500);
    await ending;
  });

  it("aborts the work's signal with the deadline's error", async () => {
    const clock = new ManualClock();
    let reason: unknown;
    const work = (signal: AbortSignal): Promise<never> => {
      signal.addEventListener("abort", () => void (reason = signal.reason));
      return never();
    };
    const ending = assert.rejects(withDeadline(clock, 10, work, "x"));
    await clock.advance(10);
    await ending;
    assert.ok(reason instanceof DeadlineError);
  });

  it("obeys the caller's signal, and leaves no timer then either", async () => {
    const clock = new ManualClock();
    const control = new AbortController();
    const ending = assert.rejects(withDeadline(clock, 1000, never, "x", control.signal), /interrupted/);
    control.abort(new Error("interrupted"));
    await ending;
    assert.equal(clock.pending, 0);
  });

  it("passes on the work's own failure", async () => {
    const failing = withDeadline(new ManualClock(), 1000, () => Promise.reject(new Error("broken")), "x");
    await assert.rejects(failing, /broken/);
  });
});
