import assert from "node:assert/strict";
import { builtInScenarios, loadScenarios } from "../../src/experiment/load-scenarios.ts";
import { practices } from "../../src/practices/catalogue.ts";
import { judgePractices } from "../../src/practices/judge-practices.ts";
import type { Judgement, VariantResult } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant } from "../report/fixture.ts";

function variant(runStrategy: string, judgement: Partial<Judgement>, over: Partial<VariantResult> = {}): VariantResult {
  return aVariant({ name: runStrategy.toLowerCase(), runStrategy, judgements: [aJudgement(judgement)], ...over });
}

function verdictOf(id: string, variants: VariantResult[]) {
  const experiment = anExperiment({ practices: ["run-strategy", "vm-crash", "node-shutdown"], variants });
  return judgePractices([experiment]).find((practice) => practice.id === id)!;
}

const restarted = { outcome: "restarted", verdict: "recovered" } as const;
const stopped = { outcome: "stopped", verdict: "as-expected" } as const;

describe("a practice", () => {
  it("holds where every promise is kept", () => {
    assert.equal(verdictOf("vm-crash", [variant("Always", restarted)]).verdict, "holds");
  });

  it("does not hold where none is, though the platform did what it documents", () => {
    assert.equal(verdictOf("vm-crash", [variant("Manual", stopped)]).verdict, "does-not-hold");
  });

  it("holds with conditions where some are, and says which, and on what that rests", () => {
    const practice = verdictOf("vm-crash", [variant("Always", restarted), variant("Manual", stopped)]);
    assert.equal(practice.verdict, "holds-with-conditions");
    assert.deepEqual(practice.conditions, ["kept with run strategy Always", "broken with run strategy Manual"]);
    assert.deepEqual(practice.evidence, ["vm-crash/always/observe", "vm-crash/manual/observe"]);
  });

  it("is not tested by what cannot be trusted, nor by those to whom it promises nothing", () => {
    for (const verdict of ["invalid", "not-injected", "skipped"] as const) {
      assert.equal(verdictOf("vm-crash", [variant("Always", { ...restarted, verdict })]).verdict, "not-tested");
    }
    assert.equal(verdictOf("run-strategy", [variant("Manual", stopped)]).verdict, "not-tested");
    const beside = variant("Always", restarted, { role: "bystander" });
    assert.equal(verdictOf("vm-crash", [beside]).verdict, "not-tested");
  });

  it("is not tested by an experiment that does not bear on it", () => {
    const experiment = anExperiment({ practices: [], variants: [variant("Always", restarted)] });
    assert.ok(judgePractices([experiment]).every(({ verdict }) => verdict === "not-tested"));
  });

  it("of a drain with room verified is kept by who is moved, and by who is left alone because it was not begun", () => {
    const fault = { ...anExperiment({}).fault, name: "drain", parameters: { verifyRoom: true } };
    const verdict = (outcome: "migrated" | "blocked", refused: boolean) => {
      const bite = { atMs: 0, evidence: "", ...(refused && { refused: true as const }) };
      const asked = { evictionStrategy: "LiveMigrate", bite } as const;
      const variants = [variant("Always", { outcome, verdict: "as-expected" }, asked)];
      const judged = judgePractices([anExperiment({ practices: ["maintenance-room"], fault, variants })]);
      return judged.find(({ id }) => id === "maintenance-room")!.verdict;
    };
    assert.equal(verdict("migrated", false), "holds");
    assert.equal(verdict("blocked", true), "holds");
    assert.equal(verdict("blocked", false), "does-not-hold");
  });

  it("is told apart from others by an id that scenarios use, and no scenario uses another", async () => {
    const ids = practices.map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length);
    const declared = await loadScenarios(builtInScenarios().map(({ name }) => name));
    const used = new Set(declared.flatMap(({ experiment }) => experiment.practices ?? []));
    assert.deepEqual([...used].sort(), ids.toSorted());
  });
});
