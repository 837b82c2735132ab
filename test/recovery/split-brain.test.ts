import assert from "node:assert/strict";
import fc from "fast-check";
import { judgeJournal, type JudgedSubject } from "../../src/recovery/judge-journal.ts";
import { upVm, type Story } from "./story.ts";

const window = { fromMs: 30_000, untilMs: 120_000 };

function judge(story: Story, asked = window): JudgedSubject["recovery"] {
  const [phase] = judgeJournal(story.journal(undefined, 120_000), asked).phases;
  return phase!.subjects[0]!.recovery;
}

/** Followed by another whose guest answers from 80 s on; whether the first has ended nobody says. */
const replaced = () =>
  upVm()
    .vmi(60_000, "old", "Failed")
    .vmi(60_500, "old", "Failed", { gone: true })
    .vmi(61_000, "new", "Running", { ready: true, node: "b" })
    .asked(80_000, 120_000, () => ({ uid: "new", bootId: "two" }));

const oldAt = (ms: number, bootId: string | null, lastOfPrevious: number | null = null) => ({
  kind: "sample",
  vm: "web",
  uid: "old",
  ok: bootId !== null,
  bootId,
  asked: ms / 1000,
  lastOfPrevious,
});

describe("a split brain", () => {
  it("is seen where the older guest answers after the newer one has", () => {
    const story = replaced().line(1_000, oldAt(1_000, "one")).line(90_000, oldAt(90_000, "one"));
    const { twiceMs, outcome, detail } = judge(story);
    assert.deepEqual(twiceMs, { low: 80_020, high: 90_000 });
    assert.equal(outcome, "restarted");
    assert.match(detail, /split brain: two guests of it ran at once, for 10\.0 s/);
  });

  it("lasts until the older guest was last known to answer", () => {
    const story = replaced()
      .line(1_000, oldAt(1_000, "one"))
      .line(100_000, oldAt(100_000, null, 99.5));
    assert.deepEqual(judge(story).twiceMs, { low: 80_020, high: 99_500 });
  });

  it("is seen of a guest that comes back to light, from then on", () => {
    const story = replaced()
      .line(1_000, oldAt(1_000, "one"))
      .line(50_000, oldAt(50_000, null, 49))
      .line(95_000, oldAt(95_000, "one", 94.5))
      .line(97_000, oldAt(97_000, null, 96.9));
    assert.deepEqual(judge(story).twiceMs, { low: 95_000, high: 96_900 });
  });

  it("is told in the windows in which it is", () => {
    const story = replaced().line(1_000, oldAt(1_000, "one")).line(90_000, oldAt(90_000, "one"));
    assert.equal(judge(story, { fromMs: 30_000, untilMs: 70_000 }).twiceMs, null);
    assert.equal(judge(story, { fromMs: 95_000, untilMs: 110_000 }).twiceMs, null);
    assert.deepEqual(judge(story, { fromMs: 85_000, untilMs: 110_000 }).twiceMs, { low: 85_000, high: 90_000 });
  });

  it("is none where the older guest's address answers with another's boot id", () => {
    const story = replaced()
      .line(1_000, oldAt(1_000, "one"))
      .line(90_000, oldAt(90_000, "two", 89));
    assert.equal(judge(story).twiceMs, null);
  });

  it("is none where nobody asked the older guest again", () => {
    assert.equal(judge(replaced().line(1_000, oldAt(1_000, "one"))).twiceMs, null);
  });

  it("is never seen of guests that follow one another", () => {
    fc.assert(
      fc.property(fc.integer({ min: 31_000, max: 75_000 }), fc.integer({ min: 0, max: 5_000 }), (silentMs, lagMs) => {
        const story = replaced()
          .line(1_000, oldAt(1_000, "one"))
          .line(silentMs + lagMs, oldAt(silentMs + lagMs, null, silentMs / 1000));
        assert.equal(judge(story).twiceMs, null);
      }),
    );
  });
});
