import assert from "node:assert/strict";
import { junitXml } from "../../src/report/junit.ts";
import { prometheusText } from "../../src/report/prometheus.ts";
import { summaryMarkdown } from "../../src/report/summary-md.ts";
import type { Judgement } from "../../src/report/results.ts";
import { expectedText, limitAtMs, rerunCommand, rowsOf } from "../../src/report/wording.ts";
import { aJudgement, measured, anExperiment, aVariant, hostileName, someResults } from "./fixture.ts";
import { realisticResults } from "./realistic-results.ts";

const results = realisticResults();
const rows = rowsOf(results.experiments);

describe("junit.xml", () => {
  const xml = junitXml(results);

  it("has a case for every judgement, and one for an experiment that was skipped as a whole", () => {
    assert.equal(xml.match(/<testcase /g)?.length, rows.length + 1);
  });

  it("counts red as failures, unmeasured as errors, and what was not judged as skipped", () => {
    assert.deepEqual(
      ["failure", "error", "skipped"].map((element) => xml.match(new RegExp(`<${element} `, "g"))?.length),
      [4, 2, 2],
    );
    assert.match(xml, /<testsuite name="oom-kill: [^"]*" tests="4" failures="2" errors="0" skipped="0"/);
  });

  it("has the time to recover as a case's time, in seconds", () => {
    assert.match(
      junitXml(someResults([anExperiment()])),
      /<testcase classname="vm-crash" name="always" time="26\.380"><\/testcase>/,
    );
  });
});

describe("summary.md", () => {
  const markdown = summaryMarkdown(results);

  it("begins with the counts and has a table row for every judgement", () => {
    assert.match(markdown, /^# Recovery: 26 green, 4 red, 1 invalid, 1 not injected, 2 skipped\n/);
    const [experiments = "", rest = ""] = markdown.split("## Practices");
    const [practices = ""] = rest.split("\n## ");
    const tableRows = experiments
      .split("\n")
      .filter((line) => line.startsWith("| ") && !/^\| (?:variant|---) /.test(line));
    assert.equal(tableRows.length, rows.length);
    assert.ok(tableRows.every((row) => row.split("|").length === 8));
    assert.equal(practices.split("\n").filter((line) => line.startsWith("| ")).length, 2 + results.practices.length);
  });

  it("shows names as text: no markup, links, mentions or table cells come of them", () => {
    const name = "<img src=x> [a](http://b) @all | `c`";
    const text = summaryMarkdown(someResults([anExperiment({ title: name, variants: [aVariant({ name })] })]));
    assert.ok(!/<img|\]\(|@all|http:\/\//.test(text));
  });
});

describe("metrics.prom", () => {
  const text = prometheusText(results);

  it("is in the text format: every line a comment or a sample, every metric declared once before its samples", () => {
    const sample = /^[a-z_]+\{(?:[a-z_]+="(?:[^"\\]|\\["\\])*",?)*\} -?[\d.]+$/;
    const declared = new Set<string>();
    for (const line of text.trimEnd().split("\n")) {
      const type = /^# TYPE (\S+) gauge$/.exec(line)?.[1];
      if (type !== undefined) {
        assert.ok(!declared.has(type));
        declared.add(type);
      } else if (!line.startsWith("# HELP ")) {
        assert.match(line, sample);
        assert.ok(declared.has(line.slice(0, line.indexOf("{"))));
      }
    }
  });

  it("has no two samples of one name and labels", () => {
    const series = text
      .split("\n")
      .filter((line) => line && !line.startsWith("#"))
      .map((line) => line.slice(0, line.lastIndexOf(" ")));
    assert.equal(new Set(series).size, series.length);
  });

  it("gives times in seconds, with their bounds", () => {
    const one = prometheusText(someResults([anExperiment()]));
    assert.match(one, /rebound_time_to_recover_seconds\{[^}]*variant="always"[^}]*bound="value"\} 26\.38\n/);
    assert.match(one, /rebound_time_to_recover_seconds\{[^}]*bound="low"\} 26\.14\n/);
    assert.match(one, /rebound_stage_seconds\{[^}]*stage="boot"\} 18\.305\n/);
    assert.match(one, /rebound_judgements\{colour="green"\} 1\n/);
  });
});

describe("the command to run one variant again", () => {
  it("names scenario, variant, seed and what else the run was given, quoted for a shell", () => {
    const experiment = anExperiment({ id: "vm-crash", scenario: "my scenarios/a.ts" });
    const command = rerunCommand(
      { seed: 8, options: ["--vm", "my vm.yaml"] },
      experiment,
      aVariant({ name: "always" }),
    );
    assert.equal(command, "npx rebound run 'my scenarios/a.ts' --grep vm-crash/always --seed 8 --vm 'my vm.yaml'");
  });

  it("is one line that runs nothing else, whatever the names", () => {
    const command = rerunCommand(
      { seed: 7, options: [] },
      anExperiment(),
      aVariant({ name: `${hostileName}\nrm -rf /` }),
    );
    assert.ok(!command.includes("\n"));
    assert.match(command, /--grep 'vm-crash\/[^]*' --seed 7$/);
  });
});

describe("limits in words", () => {
  it("count from the bite while observing, and from the relief in every later phase", () => {
    const expected = { ...aJudgement().expected, withinMs: 60_000, maxDowntimeMs: 5000 } as NonNullable<
      Judgement["expected"]
    >;
    assert.equal(expectedText(aJudgement({ expected })), "restarted within 60 s, down for at most 5 s");
    assert.match(expectedText(aJudgement({ expected, phase: "return" })), /^restarted within 60 s of relief, /);
  });

  it("a limit from the relief lies that much after the relief, measured from the bite", () => {
    const judgement = aJudgement({
      phase: "return",
      ttrMs: measured(500_000, 100),
      fromReliefMs: measured(20_000, 100),
    });
    const [row] = rowsOf([anExperiment({ variants: [aVariant({ judgements: [judgement] })] })]);
    assert.ok(row);
    assert.equal(limitAtMs(row), 480_000 + 90_000);
  });
});
