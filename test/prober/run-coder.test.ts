import fc from "fast-check";
import assert from "node:assert/strict";
import type { Answer, Run } from "../../src/prober/protocol.ts";
import { RunCoder } from "../../src/prober/run-coder.ts";

/** How a guest comes to be silent: its packets are lost, it stands still and answers later, nothing listens. */
type Way = "lost" | "frozen" | "closed";

/** It answers for so long, then not for so long. */
interface Spell {
  upMs: number;
  downMs: number;
  way: Way;
}

const spells = fc.array(
  fc.record({
    upMs: fc.integer({ min: 3_000, max: 9_000 }),
    downMs: fc.integer({ min: 1_500, max: 9_000 }),
    way: fc.constantFrom<Way>("lost", "frozen", "closed"),
  }),
  { minLength: 1, maxLength: 4 },
);

interface Turn {
  ok: boolean;
  ms: number;
}

/** What a guest does that is up first, and when it turned. */
function truthOf(told: Spell[]): {
  turns: Turn[];
  wayAt: (ms: number) => Way | null;
  upAgain: (ms: number) => number;
  endMs: number;
} {
  const edges = told.reduce<{ fromMs: number; toMs: number; way: Way }[]>((all, { upMs, downMs, way }) => {
    const fromMs = (all.at(-1)?.toMs ?? 0) + upMs;
    return [...all, { fromMs, toMs: fromMs + downMs, way }];
  }, []);
  const down = (ms: number) => edges.find(({ fromMs, toMs }) => ms >= fromMs && ms < toMs);
  return {
    turns: edges.flatMap(({ fromMs, toMs }) => [
      { ok: false, ms: fromMs },
      { ok: true, ms: toMs },
    ]),
    wayAt: (ms) => down(ms)?.way ?? null,
    upAgain: (ms) => down(ms)?.toMs ?? ms,
    endMs: edges.at(-1)!.toMs + 3_000,
  };
}

const up: Answer = { ok: true, bootId: "one", marker: "root/a" };

/** Asks such a guest each 100 ms from `phaseMs` on, and gives the coder what is heard in its order. */
function ask(told: Spell[], tookMs: number, phaseMs: number): Run[] {
  const { wayAt, upAgain, endMs } = truthOf(told);
  const runs: Run[] = [];
  const coder = new RunCoder("vm", (run) => runs.push(run));
  const events: { ms: number; happen: () => void }[] = [];
  for (let askedMs = phaseMs; askedMs < endMs; askedMs += 100) {
    const asked = askedMs;
    events.push({ ms: asked, happen: () => (coder.tick(asked), coder.asked(asked)) });
    const way = wayAt(asked) ?? wayAt(asked + tookMs);
    const answer = (ms: number) => events.push({ ms, happen: () => coder.answered(up, asked, ms) });
    if (way === null) answer(asked + tookMs);
    else if (way === "closed") {
      // Where it closes while it answers, the connection breaks off then.
      const ms = asked + (wayAt(asked) === null ? tookMs : 1);
      events.push({ ms, happen: () => coder.refused(asked, ms) });
    }
    // A client gives a question up after a while.
    else if (way === "frozen" && upAgain(asked + tookMs) - asked < 5_000) answer(upAgain(asked + tookMs) + tookMs);
  }
  for (const { happen } of events.toSorted((one, other) => one.ms - other.ms)) happen();
  return runs;
}

describe("the run-length coding of answers", () => {
  it("tells each turn of a guest once, between instants that enclose it and are close", () => {
    fc.assert(
      fc.property(spells, fc.integer({ min: 1, max: 80 }), fc.integer({ min: 0, max: 99 }), (told, tookMs, phaseMs) => {
        const [first, ...runs] = ask(told, tookMs, phaseMs);
        const { turns } = truthOf(told);
        assert.equal(first!.ok, true);
        assert.deepEqual(
          runs.map(({ ok }) => ok),
          turns.map(({ ok }) => ok),
        );
        runs.forEach(({ ok, lastOfPreviousMs, knownMs }, index) => {
          const { ms } = turns[index]!;
          const what = `${ok ? "back" : "silent"} at ${ms}, told ${lastOfPreviousMs}…${knownMs}`;
          assert.ok(lastOfPreviousMs! <= ms && ms <= knownMs, what);
          assert.ok(knownMs - lastOfPreviousMs! <= 250 + tookMs, what);
        });
      }),
    );
  });

  it("takes no busy machine for a silent one: what is answered late, one after the other, is answered", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 900, max: 1_700 }), { minLength: 40, maxLength: 80 }), (took) => {
        const runs: Run[] = [];
        const coder = new RunCoder("vm", (run) => runs.push(run));
        const events = took.flatMap((tookMs, index) => {
          const asked = index * 100;
          return [
            { ms: asked, happen: () => (coder.tick(asked), coder.asked(asked)) },
            { ms: asked + tookMs, happen: () => coder.answered(up, asked, asked + tookMs) },
          ];
        });
        const lastMs = took.length * 100;
        const seen = events.filter(({ ms }) => ms <= lastMs).toSorted((one, other) => one.ms - other.ms);
        for (const { happen } of seen) happen();
        assert.ok(!runs.slice(1).some(({ ok }) => !ok), JSON.stringify(runs));
        assert.equal(runs.at(-1)?.ok, true);
      }),
    );
  });

  it("waits three times as long as it lately took before it calls one silent, and a second at least", () => {
    const silentAfter = (everyMs: number): number => {
      const runs: Run[] = [];
      const coder = new RunCoder("vm", (run) => runs.push(run));
      for (let now = 0; now <= 6_000; now += 100) {
        coder.tick(now);
        coder.asked(now);
        if (now % everyMs === 0) coder.answered(up, now, now + 1);
      }
      for (let now = 6_001; ; now++) {
        coder.tick(now);
        if (runs.at(-1)?.ok === false) return now - 6_001;
      }
    };
    assert.equal(silentAfter(100), 1_001);
    assert.equal(silentAfter(600), 1_801);
  });

  it("tells another boot between the last question with the answer before and its first answer", () => {
    const runs: Run[] = [];
    const coder = new RunCoder("vm", (run) => runs.push(run));
    for (let asked = 0; asked < 3_000; asked += 100) {
      coder.tick(asked);
      coder.asked(asked);
      coder.answered({ ...up, bootId: asked < 2_000 ? "one" : "two" }, asked, asked + 9);
    }
    assert.deepEqual(runs.at(-1), {
      id: "vm",
      ...up,
      bootId: "two",
      askedMs: 2_000,
      knownMs: 2_009,
      lastOfPreviousMs: 1_900,
    });
  });

  it("says of a guest that never answered that it is silent, and since when it knows", () => {
    const runs: Run[] = [];
    const coder = new RunCoder("vm", (run) => runs.push(run));
    for (let asked = 0; asked < 3_000; asked += 100) {
      coder.tick(asked);
      coder.asked(asked);
    }
    assert.deepEqual(
      runs.map(({ ok, askedMs, lastOfPreviousMs }) => [ok, askedMs, lastOfPreviousMs]),
      [[false, 0, null]],
    );
  });

  it("has told all but what it cannot know yet", () => {
    const coder = new RunCoder("vm", () => {});
    assert.equal(coder.toldUntilMs(50), 50);
    for (let asked = 100; asked < 2_000; asked += 100) {
      coder.tick(asked);
      coder.asked(asked);
      coder.answered(up, asked, asked + 5);
    }
    assert.equal(coder.toldUntilMs(1_950), 1_900, "silent it may be since");
  });
});
