import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { platformTable } from "../../src/experiment/expectations/table.ts";
import { experimentResult } from "../../src/experiment/experiment-result.ts";
import type { Expectation, Outcome, Plan } from "../../src/experiment/plan.ts";
import { readJournal } from "../../src/observe/journal-reader.ts";
import type { JournalLine } from "../../src/observe/journal.ts";
import { verdictColour, type Results } from "../../src/report/results.ts";

const bin = fileURLToPath(new URL("../../bin/rebound.js", import.meta.url));

/**
 * Cells that the catalogue does not bring about on a simulated cluster as it is by default: a reboot that ends the
 * VMI needs a feature gate, a volume of its own a cluster with such storage.
 */
const unproved = new Set(["guest rebooted, which ends it"]);

/** The columns of the table that KubeVirt's own documentation has. */
const runStrategies = ["Always", "RerunOnFailure", "Manual", "Once"];

interface Turned {
  /** experiment/variant/phase */
  where: string;
  way: string | null;
  colour: string;
}

/** What a cell says turned into what it does not say. */
const opposite = (outcome: Outcome): Outcome => (outcome === "stopped" ? "restarted" : "stopped");

function turned({ unless, ...expected }: Expectation): Expectation {
  return {
    ...expected,
    outcome: opposite(expected.outcome),
    ...(unless !== undefined && { unless: { ...unless, instead: turned(unless.instead) } }),
  };
}

describe("the whole catalogue", function () {
  this.timeout(900_000);
  const out = mkdtempSync(join(tmpdir(), "rebound-catalogue-"));
  let results: Results;
  const journals: JournalLine[][] = [];

  before(async () => {
    const { stdout } = await execa(process.execPath, [bin, "run", "--json", "--out", out], { reject: false });
    results = JSON.parse(stdout) as Results;
    for (const { journal } of results.experiments) {
      if (journal !== null) journals.push((await readJournal(join(out, "latest", journal))).lines);
    }
  });

  after(() => rmSync(out, { recursive: true, force: true }));

  it("is green", () => {
    const { red, invalid, notInjected } = results.summary;
    assert.deepEqual({ red, invalid, notInjected }, { red: 0, invalid: 0, notInjected: 0 });
    assert.ok(results.experiments.length >= 60);
    assert.ok(results.experiments.flatMap(({ variants }) => variants).length >= 300);
  });

  it("puts every practice to the test", () => {
    const verdicts = Object.fromEntries(results.practices.map(({ id, verdict }) => [id, verdict]));
    assert.ok(!Object.values(verdicts).includes("not-tested"));
    for (const id of ["node-overload", "node-shutdown"]) assert.equal(verdicts[id], "does-not-hold", id);
    for (const id of ["run-strategy", "vm-crash", "liveness-probe"]) {
      assert.equal(verdicts[id], "holds-with-conditions", id);
    }
  });

  for (const { id, outcomes } of platformTable) {
    if (unproved.has(id)) continue;
    it(`brings about "${id}", and notices where it says otherwise`, () => {
      const judged = journals.map((lines) => judgeWith(lines, id)).flat();
      assert.ok(judged.length > 0, "no judgement rests on it");
      for (const { where, colour } of judged) assert.equal(colour, "red", where);
      const ways = new Set(judged.map(({ way }) => way));
      assert.deepEqual(
        runStrategies.filter((strategy) => strategy in outcomes && !ways.has(strategy)),
        [],
        "cells that no judgement rests on",
      );
    });
  }
});

/** Judges a journal again, with what one row says turned into its opposite: the judgements that rest on the row. */
function judgeWith(lines: JournalLine[], row: string): Turned[] {
  const plan = (lines[0] as JournalLine & { plan: Plan }).plan;
  // What chance brought about in its place, a hazard of the row, is a row of its own name.
  const restsOn = (source: string | undefined): boolean =>
    source?.startsWith(`${row}; `) === true || source?.startsWith(`${row}, but `) === true;
  const variants = plan.variants.map((variant) => ({
    ...variant,
    expectations: Object.fromEntries(
      Object.entries(variant.expectations).map(([phase, expected]) => [
        phase,
        restsOn(expected.source) ? turned(expected) : expected,
      ]),
    ),
  }));
  if (variants.every(({ expectations }) => Object.values(expectations).every(({ source }) => !restsOn(source))))
    return [];
  const replanned = [{ ...lines[0], plan: { ...plan, variants } } as JournalLine, ...lines.slice(1)];
  const { id, variants: judged } = experimentResult(replanned, { name: plan.id, journal: null });
  return judged.flatMap(({ name, runStrategy, judgements }) =>
    judgements
      .filter(({ expected, verdict }) => restsOn(expected?.source) && verdict !== "skipped")
      .map(({ phase, verdict }) => ({
        where: `${id}/${name}/${phase}`,
        way: runStrategy,
        colour: verdictColour[verdict],
      })),
  );
}
