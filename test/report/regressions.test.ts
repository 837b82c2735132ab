import assert from "node:assert/strict";
import fc from "fast-check";
import { compareWith } from "../../src/report/regressions.ts";
import type { Judgement, Results } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant, someResults } from "./fixture.ts";

const took = (low: number, high = low): Partial<Judgement> => ({
  ttrMs: { value: (low + high) / 2, low, high },
  fromReliefMs: null,
});

/** A run with a variant that was judged so, once for each repetition. */
function runOf(...judged: Partial<Judgement>[]): Results {
  const variants = judged.map((each, index) => aVariant({ repeat: index + 1, judgements: [aJudgement(each)] }));
  return someResults([anExperiment({ variants })]);
}

describe("a run held against a baseline", () => {
  it("is worse where something was green and is not", () => {
    const { compared, worse } = compareWith(runOf({}), runOf({ verdict: "late" }));
    assert.deepEqual([compared, worse], [1, ["vm-crash/always is late, and was recovered"]]);
    assert.deepEqual(compareWith(runOf({ verdict: "late" }), runOf({ verdict: "late" })).worse, []);
    assert.deepEqual(compareWith(runOf({}), runOf({ verdict: "skipped" })).worse, []);
  });

  it("is worse where a time lies above all that it took before, by more than guests differ", () => {
    const baseline = runOf(took(26_000, 27_000), took(30_000));
    assert.deepEqual(compareWith(baseline, runOf(took(36_000))).worse, []);
    assert.deepEqual(compareWith(baseline, runOf(took(40_000), took(31_000))).worse, []);
    assert.deepEqual(compareWith(baseline, runOf(took(40_000), took(41_000))).worse, [
      "vm-crash/always takes 40.0 s, and took 30.0 s",
    ]);
  });

  it("compares no times that are proven otherwise", () => {
    const weaker = { ...took(10_000), provenBy: "ready-only" as const };
    assert.deepEqual(compareWith(runOf(weaker), runOf(took(40_000))).worse, []);
  });

  it("says how much there is to compare", () => {
    const other = someResults([anExperiment({ id: "another" })]);
    assert.deepEqual(compareWith(other, runOf({})), { compared: 0, worse: [] });
  });

  it("is never worse than itself, or than one that took longer", () => {
    const time = fc.integer({ min: 1, max: 600_000 });
    fc.assert(
      fc.property(time, fc.nat(1_000), fc.nat(100_000), (low, width, more) => {
        const now = runOf(took(low, low + width));
        assert.deepEqual(compareWith(now, now).worse, []);
        assert.deepEqual(compareWith(runOf(took(low + more, low + width + more)), now).worse, []);
      }),
    );
  });
});
