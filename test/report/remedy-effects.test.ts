import assert from "node:assert/strict";
import { remedyEffects } from "../../src/report/remedy-effects.ts";
import type { ExperimentResult, Judgement } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant, measured, someResults } from "./fixture.ts";

const stuck: Partial<Judgement> = { outcome: "stuck", verdict: "as-expected", ttrMs: null, censoredAtMs: 141_000 };

/** A node that loses power at 41 s, and what is done 100 s later. */
function loss(judgements: Partial<Judgement>[], over: Partial<ExperimentResult> = {}): ExperimentResult {
  const [, later] = judgements;
  return anExperiment({
    id: "power-loss",
    fault: {
      name: "node-shutdown",
      parameters: { how: "power-loss" },
      target: [],
      scope: "node",
      sharing: "independent",
    },
    phases: [
      { name: "observe", fromMs: 41_000, toMs: 141_000 },
      ...(later?.phase === undefined ? [] : [{ name: later.phase, fromMs: 141_000, toMs: 241_000 }]),
    ],
    variants: [aVariant({ judgements: judgements.map(aJudgement) })],
    ...over,
  });
}

function effectsOf(...experiments: ExperimentResult[]) {
  return remedyEffects(someResults(experiments));
}

describe("what each remedy buys", () => {
  it("is told beside what comes of doing nothing, each from what was done", () => {
    const back = { phase: "force-delete", fromReliefMs: measured(14_000, 200), ttrMs: measured(114_000, 200) };
    const [nothing, remedied] = effectsOf(loss([stuck, back]));
    assert.deepEqual([nothing!.remedy, nothing!.back, nothing!.of, nothing!.timeMs], ["nothing", 0, 1, null]);
    assert.equal(nothing!.watchedMs, 100_000);
    assert.deepEqual([remedied!.remedy, remedied!.back, remedied!.of], ["force-delete", 1, 1]);
    assert.deepEqual(remedied!.timeMs, { low: 14_000, high: 14_000 });
    assert.deepEqual(remedied!.evidence, ["power-loss/always/force-delete"]);
  });

  it("tells a node that is back in time from one that is late, and neither from after a remedy", () => {
    const back = { phase: "return", fromReliefMs: measured(25_000, 200) };
    const brief = effectsOf(loss([stuck, back])).map(({ remedy }) => remedy);
    assert.deepEqual(brief, ["nothing", "node back before its pods are marked"]);
    const phases = [
      { name: "observe", fromMs: 41_000, toMs: 541_000 },
      { name: "return", fromMs: 541_000, toMs: 641_000 },
    ];
    const long = effectsOf(loss([stuck, back], { phases })).map(({ remedy }) => remedy);
    assert.deepEqual(long, ["nothing", "node back after its pods are marked"]);
    const between = [phases[0]!, { name: "force-delete", fromMs: 541_000, toMs: 600_000 }, phases[1]!];
    assert.deepEqual(
      effectsOf(loss([stuck, back], { phases: between })).map(({ remedy }) => remedy),
      ["nothing"],
    );
  });

  it("says why a remedy was not tried", () => {
    const reason = "the node-health-check operator is not installed";
    const skipped = loss([], { status: "skipped", reason, remedies: ["node-health-check"], phases: [], variants: [] });
    const [effect] = effectsOf(skipped);
    assert.deepEqual([effect!.remedy, effect!.reason, effect!.of], ["node-health-check", reason, 0]);
  });

  it("counts nothing that cannot be trusted, that is not meant to run, or that is no loss of a node", () => {
    const untrusted = loss([{ ...stuck, verdict: "invalid" }]);
    const manual = loss([stuck], { variants: [aVariant({ runStrategy: "Manual", judgements: [aJudgement(stuck)] })] });
    assert.deepEqual(effectsOf(untrusted, manual, anExperiment()), []);
  });
});
