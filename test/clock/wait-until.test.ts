import assert from "node:assert/strict";
import { notYet, waitUntil } from "../../src/clock/wait-until.ts";
import { ManualClock, settled } from "./manual-clock.ts";

describe("waitUntil", () => {
  it("looks at once, and again every so often, until the value is there", async () => {
    const clock = new ManualClock();
    const looks: number[] = [];
    const waiting = waitUntil(clock, {
      what: "the third look",
      limitMs: 10_000,
      everyMs: 100,
      look: () => (looks.push(clock.now()) < 3 ? notYet("fewer") : "there"),
    });
    await clock.advance(1000);
    assert.equal(await waiting, "there");
    assert.deepEqual(looks, [0, 100, 200]);
  });

  it("looks once more at the limit, then says what it waited for, how long, and what it saw last", async () => {
    const clock = new ManualClock();
    const looks: number[] = [];
    const ending = assert.rejects(
      waitUntil(clock, {
        what: "VM web to run",
        limitMs: 250,
        everyMs: 100,
        look: () => notYet(`phase ${["Pending", "Scheduling"][looks.push(clock.now()) - 1] ?? "Scheduled"}`),
      }),
      { name: "DeadlineError", message: "waited 0.25 s for VM web to run; last seen: phase Scheduled" },
    );
    await clock.advance(1000);
    await ending;
    assert.deepEqual(looks, [0, 100, 200, 250]);
  });

  it("looks when woken, not before", async () => {
    const clock = new ManualClock();
    let wake = (): void => {};
    let state = "absent";
    const looks: number[] = [];
    const waiting = waitUntil(clock, {
      what: "presence",
      limitMs: 60_000,
      wake: (again) => {
        wake = again;
        return () => (wake = () => assert.fail("still registered"));
      },
      look: () => {
        looks.push(clock.now());
        return state === "absent" ? notYet(state) : state;
      },
    });
    await clock.advance(5000);
    state = "present";
    wake();
    assert.equal(await waiting, "present");
    assert.deepEqual(looks, [0, 5000]);
    assert.throws(() => wake(), /still registered/);
    assert.equal(clock.pending, 0);
  });

  it("does not sleep through a wake that came during the look", async () => {
    const clock = new ManualClock();
    let wake = (): void => {};
    let looks = 0;
    const waiting = waitUntil(clock, {
      what: "x",
      limitMs: 60_000,
      wake: (again) => {
        wake = again;
        return () => {};
      },
      look: async () => {
        if (looks++ > 0) return "found";
        wake();
        await settled();
        return notYet("nothing");
      },
    });
    await settled();
    await settled();
    assert.equal(await waiting, "found");
    assert.equal(clock.now(), 0);
  });

  it("ends with the signal's reason when aborted", async () => {
    const clock = new ManualClock();
    const control = new AbortController();
    const ending = assert.rejects(
      waitUntil(clock, { what: "x", limitMs: 1000, signal: control.signal, look: () => notYet("no") }),
      /Ctrl-C/,
    );
    await settled();
    control.abort(new Error("Ctrl-C"));
    await ending;
    assert.equal(clock.pending, 0);
  });

  it("passes on what a look throws", async () => {
    const failing = waitUntil(new ManualClock(), {
      what: "x",
      limitMs: 1000,
      look: () => Promise.reject(new Error("no such VM")),
    });
    await assert.rejects(failing, /no such VM/);
  });
});
