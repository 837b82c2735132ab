import assert from "node:assert/strict";
import { withDeadline } from "../../../src/clock/deadline.ts";
import { waitUntil, notYet } from "../../../src/clock/wait-until.ts";
import { VirtualClock } from "../../../src/cluster/simulated/virtual-clock.ts";
import { EventClock } from "../../../src/simulator/event-clock.ts";

describe("the virtual clock", () => {
  let events: EventClock;
  let clock: VirtualClock;

  beforeEach(() => {
    events = new EventClock(Date.UTC(2026, 0, 1));
    clock = new VirtualClock(events);
  });

  it("sleeps for any time without taking any", async () => {
    const began = performance.now();
    await clock.sleep(30 * 24 * 3_600_000);
    assert.equal(clock.now(), 30 * 24 * 3_600_000);
    assert.equal(clock.wall().toISOString(), "2026-01-31T00:00:00.000Z");
    assert.ok(performance.now() - began < 500);
  });

  it("wakes sleepers in the order of their time, the model's events of the same instant in the order they were set", async () => {
    const order: string[] = [];
    const note = (what: string) => (): unknown => order.push(`${what} ${clock.now()}`);
    events.schedule(20, note("event"));
    await Promise.all([
      clock.sleep(30).then(note("c")),
      clock.sleep(10).then(note("a")),
      clock.sleep(20).then(note("b")),
    ]);
    assert.deepEqual(order, ["a 10", "event 20", "b 20", "c 30"]);
  });

  it("stands still while nobody waits", async () => {
    let ran = false;
    events.schedule(10, () => (ran = true));
    clock.after(5, () => (ran = true));
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(ran, false);
    assert.equal(clock.now(), 0);
  });

  it("stands still while the driver does other things between two sleeps", async () => {
    await clock.sleep(10);
    events.schedule(5, () => {});
    await new Promise((resolve) => setTimeout(resolve, 10));
    assert.equal(clock.now(), 10);
    await clock.sleep(10);
    assert.equal(clock.now(), 20);
  });

  it("lets whoever was told something act at that very instant, however many promises that takes", async () => {
    const acted: number[] = [];
    events.schedule(10, () => {
      clock.notice();
      void (async () => {
        for (let i = 0; i < 1000; i++) await Promise.resolve();
        acted.push(clock.now());
        await clock.sleep(1);
        acted.push(clock.now());
      })();
    });
    events.schedule(10.5, () => {});
    await clock.sleep(1000);
    assert.deepEqual(acted, [10, 11]);
  });

  it("runs events that reach nobody without stopping at each", async () => {
    let count = 0;
    const again = (): void => {
      count++;
      events.schedule(1, again);
    };
    again();
    const began = performance.now();
    await clock.sleep(200_000);
    assert.equal(count, 200_000);
    assert.ok(performance.now() - began < 2000, "a turn of the event loop for each would take far longer");
  });

  it("lets the process breathe through a long stretch of the model's own", async () => {
    const again = (): void => {
      const end = performance.now() + 1;
      while (performance.now() < end);
      events.schedule(1, again);
    };
    again();
    let breaths = 0;
    const breathing = setInterval(() => breaths++, 1);
    await clock.sleep(300);
    clearInterval(breathing);
    assert.ok(breaths >= 3, `${breaths} breaths`);
  });

  it("moves on for an answer that needs time, not beyond it", async () => {
    const answer = new Promise<string>((resolve) => void events.schedule(70, () => resolve("answer")));
    for (let at = 0; at < 200; at += 10) events.schedule(at, () => {});
    assert.equal(await clock.answer(answer), "answer");
    assert.equal(clock.now(), 70);
  });

  it("does not move for an answer that is there", async () => {
    events.schedule(1, () => {});
    assert.equal(await clock.answer(Promise.resolve(1)), 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(clock.now(), 0);
  });

  it("does not move for a deadline alone", async () => {
    const control = new AbortController();
    const work = withDeadline(clock, 1000, () => new Promise(() => {}), "something outside", control.signal);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(clock.now(), 0);
    control.abort(new Error("over"));
    await assert.rejects(work, /over/);
  });

  it("ends a request at its deadline when no answer comes", async () => {
    const work = withDeadline(clock, 30_000, () => clock.answer(new Promise(() => {})), "an answer");
    await assert.rejects(work, /waited 30 s for an answer/);
    assert.equal(clock.now(), 30_000);
  });

  it("wakes an aborted sleeper at once, with the signal's reason, and stands still again", async () => {
    const control = new AbortController();
    const sleeping = clock.sleep(1000, control.signal);
    control.abort(new Error("Ctrl-C"));
    await assert.rejects(sleeping, /^Error: Ctrl-C$/);
    assert.equal(clock.now(), 0);
    await assert.rejects(clock.sleep(1, AbortSignal.abort(new Error("before"))), /before/);
  });

  it("a wait that nothing could end is an error, not a hang", async () => {
    await assert.rejects(clock.answer(new Promise(() => {})), /nothing is scheduled on the simulated cluster/);
    await clock.sleep(1);
    assert.equal(clock.now(), 1, "and the clock goes on");
  });

  it("an error of the model comes out of the wait", async () => {
    events.schedule(5, () => {
      throw new Error("the model broke");
    });
    await assert.rejects(clock.sleep(10), /the model broke/);
  });

  it("drives waits on a condition", async () => {
    let phase = "Pending";
    events.schedule(1234, () => (phase = "Running"));
    const found = await waitUntil(clock, {
      what: "the phase",
      limitMs: 60_000,
      everyMs: 100,
      look: () => (phase === "Running" ? clock.now() : notYet(phase)),
    });
    assert.equal(found, 1300);
  });

  it("keeps clusters apart", async () => {
    const other = new VirtualClock(new EventClock(0));
    await Promise.all([clock.sleep(10), other.sleep(5000)]);
    assert.equal(clock.now(), 10);
    assert.equal(other.now(), 5000);
  });
});
