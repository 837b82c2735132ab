import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { parseResults, resultsJson, resultsJsonSchema } from "../../src/report/results-json.ts";
import { summarise, type Results } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant, someResults } from "./fixture.ts";
import { realisticResults } from "./realistic-results.ts";

describe("results.json", () => {
  it("is read back as it was written", () => {
    const results = realisticResults();
    assert.deepEqual(parseResults(resultsJson(results)), results);
  });

  it("has the same bytes whatever the order in which its parts were put together", () => {
    const results = someResults([
      anExperiment({ fault: { ...anExperiment().fault, parameters: { b: { y: 1, x: 2 }, a: 1 } } }),
    ]);
    const turned = reversedKeys(results) as Results;
    assert.notEqual(JSON.stringify(turned), JSON.stringify(results));
    assert.equal(resultsJson(turned), resultsJson(results));
  });

  it("refuses a field that its schema does not have", () => {
    const experiment = { ...anExperiment(), startedAt: "2025-11-22T15:00:00Z" };
    assert.throws(() => resultsJson(someResults([experiment])), /startedAt/);
  });

  it("refuses a number that JSON cannot hold", () => {
    const variant = aVariant({ judgements: [aJudgement({ floorMs: NaN })] });
    const infinite = aVariant({ judgements: [aJudgement({ ttrMs: { value: 1, low: 0, high: Infinity } })] });
    assert.throws(() => resultsJson(someResults([anExperiment({ variants: [infinite] })])), /high/);
    assert.throws(() => resultsJson(someResults([anExperiment({ variants: [variant] })])), /floorMs/);
  });

  it("refuses a summary that does not count what the experiments say", () => {
    const results = realisticResults();
    results.summary.green++;
    assert.throws(() => resultsJson(results), /does not count/);
  });

  it("the schema in the repository is the one in code", async () => {
    const path = new URL("../../src/report/results.schema.json", import.meta.url);
    assert.deepEqual(JSON.parse(await readFile(path, "utf8")), JSON.parse(resultsJsonSchema()));
  });
});

describe("the summary", () => {
  it("counts every judgement by its colour", () => {
    const all = (
      ["recovered", "as-expected", "late", "not-recovered", "unexpected", "invalid", "not-injected", "skipped"] as const
    ).map((verdict) => aJudgement({ verdict }));
    const experiment = anExperiment({ variants: [aVariant({ judgements: all })] });
    assert.deepEqual(summarise([experiment]), { green: 2, red: 3, invalid: 1, notInjected: 1, skipped: 1 });
  });

  it("counts an experiment skipped as a whole once, and one without victims not as green", () => {
    const skipped = anExperiment({ status: "skipped", variants: [] });
    const empty = anExperiment({ variants: [] });
    assert.deepEqual(summarise([skipped, empty]), { green: 0, red: 0, invalid: 0, notInjected: 0, skipped: 1 });
  });
});

function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, reversedKeys(inner)]),
  );
}
