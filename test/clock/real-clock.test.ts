import assert from "node:assert/strict";
import { realClock } from "../../src/clock/real-clock.ts";

describe("the real clock", () => {
  it("begins at zero and never goes back", () => {
    const clock = realClock();
    const instants = Array.from({ length: 1000 }, () => clock.now());
    assert.ok(instants[0]! < 1000);
    assert.deepEqual(
      instants.toSorted((a, b) => a - b),
      instants,
    );
  });

  it("sleeps about as long as asked", async () => {
    const clock = realClock();
    await clock.sleep(20);
    assert.ok(clock.now() >= 19, `slept ${clock.now()} ms`);
  });

  it("is not warned of for an instant that has just passed", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    await realClock().sleep(-0.5);
    await new Promise((resolve) => setImmediate(resolve));
    process.off("warning", note);
    assert.deepEqual(warnings, []);
  });

  it("wakes a sleeper with the signal's own reason", async () => {
    const control = new AbortController();
    const sleeping = realClock().sleep(60_000, control.signal);
    control.abort(new Error("enough"));
    await assert.rejects(sleeping, /^Error: enough$/);
  });

  it("does not fall asleep when the signal was aborted before", async () => {
    await assert.rejects(realClock().sleep(60_000, AbortSignal.abort(new Error("too late"))), /too late/);
  });

  it("does not call what was cancelled", async () => {
    const clock = realClock();
    let called = false;
    const timer = clock.after(1, () => (called = true));
    timer.cancel();
    timer.cancel();
    await clock.sleep(5);
    assert.equal(called, false);
  });
});
