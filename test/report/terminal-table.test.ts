import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import type { Judgement } from "../../src/report/results.ts";
import { terminalReport } from "../../src/report/terminal-table.ts";
import { aJudgement, anExperiment, aVariant, hostileName, someResults } from "./fixture.ts";
import { realisticResults } from "./realistic-results.ts";

const plain = { width: 140, colour: false, report: "reports/latest/index.html" };

describe("the table at the end of a run", () => {
  it("has a line per variant: expected, outcome, time with its interval, slowest stage and why, verdict", () => {
    const text = terminalReport(someResults([anExperiment()]), plain);
    const line = text.split("\n").find((line) => line.startsWith("  always"));
    assert.match(
      line ?? "",
      /always +restarted within 90 s +restarted on another node +26\.4 s ±0\.3 +boot 18\.3 s: the guest's .*✓ recovered$/,
    );
  });

  it("says below a VM's own time when its users were served again, and nothing where they always were", () => {
    const measured = { value: 36_000, low: 35_900, high: 36_100 };
    const shop = { service: "shop", served: true, ttrMs: measured, fromReliefMs: null, downtimeMs: measured };
    const textOf = (users: NonNullable<Judgement["users"]>): string => {
      const variants = [aVariant({ judgements: [aJudgement({ users })] })];
      return terminalReport(someResults([anExperiment({ variants })]), plain);
    };
    assert.match(textOf([shop]), /26\.4 s ±0\.3.*\n +users 36\.0 s ±0\.1 /);
    assert.match(textOf([{ ...shop, served: false, ttrMs: null }]), /\n +users not served /);
    const never = { value: 0, low: 0, high: 0 };
    assert.doesNotMatch(textOf([{ ...shop, ttrMs: null, downtimeMs: never }]), /users/);
  });

  for (const width of [80, 100, 140, 200]) {
    it(`fits a terminal of ${width} columns; only commands to copy are left whole`, () => {
      const lines = terminalReport(realisticResults(), { ...plain, width }).split("\n");
      const tooLong = lines.filter(
        (line) => [...line].length > width && !line.startsWith("  npx rebound") && !line.includes(hostileTail),
      );
      assert.deepEqual(tooLong, []);
    });
  }

  it("without colour has no escape sequences, even from names; with colour, the same text", () => {
    const text = terminalReport(realisticResults(), plain);
    assert.equal(stripVTControlCharacters(text), text);
    const coloured = terminalReport(realisticResults(), { ...plain, colour: true });
    assert.notEqual(coloured, text);
    assert.deepEqual(words(stripVTControlCharacters(coloured)), words(text));
  });

  it("says in a sentence why what is not green is not, and how to see it again", () => {
    const judgement = aJudgement({
      verdict: "late",
      reasons: ["its time to recover is 95.0 s to 95.4 s, the limit is 90.0 s"],
    });
    const text = terminalReport(
      someResults([anExperiment({ variants: [aVariant({ judgements: [judgement] })] })]),
      plain,
    );
    assert.match(text, /✗ late {2}vm-crash\/always\n {2}Expected: restarted within 90 s/);
    assert.match(text.replace(/\s+/g, " "), /Its time to recover is 95\.0 s to 95\.4 s, the limit is 90\.0 s\./);
    assert.match(text, / {2}npx rebound run basics --grep vm-crash\/always --seed 7/);
  });

  it("ends with the counts, whether they are a prediction, and where the report is", () => {
    const text = terminalReport(realisticResults(), plain);
    assert.ok(
      text.endsWith(
        "26 green, 4 red, 1 invalid, 1 not injected, 2 skipped (prediction of a model)\nreport: reports/latest/index.html\n",
      ),
    );
    assert.ok(
      terminalReport(someResults([]), { ...plain, report: null }).endsWith("nothing judged (prediction of a model)\n"),
    );
  });
});

/** The part of the hostile name that no column can break. */
const hostileTail = hostileName.slice(-20);

function words(text: string): string[] {
  return text.split(/\s+/).filter(Boolean).sort();
}
