import assert from "node:assert/strict";
import fc from "fast-check";
import { stageNames, type Stage } from "../../../src/recovery/recovery.ts";
import { overview } from "../../../src/report/svg/overview.ts";
import { timeScale } from "../../../src/report/svg/picture.ts";
import { waterfall } from "../../../src/report/svg/waterfall.ts";
import { rowsOf, type Row } from "../../../src/report/wording.ts";
import { aJudgement, anExperiment, aVariant, hostileName, measured } from "../fixture.ts";
import { realisticResults } from "../realistic-results.ts";

function rowOf(judgement = aJudgement(), variant = aVariant()): Row {
  const [row] = rowsOf([anExperiment({ variants: [{ ...variant, judgements: [judgement] }] })]);
  assert.ok(row);
  return row;
}

interface Bar {
  x: number;
  width: number;
  css: string;
  title: string;
}

function barsOf(svg: string): Bar[] {
  const pattern =
    /<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)" height="[\d.]+" rx="2" class="([^"]*)"><title>([^<]*)/g;
  return [...svg.matchAll(pattern)].map(([, x, width, css = "", title = ""]) => ({
    x: Number(x),
    width: Number(width),
    css,
    title,
  }));
}

describe("the stage waterfall", () => {
  it("has one bar for the whole, one per stage and one for the downtime, each with its figure", () => {
    const svg = waterfall(rowOf(), { standalone: true });
    assert.equal(barsOf(svg).length, 1 + 7 + 1);
    for (const label of [
      "time to recover",
      "26.4 s ±0.3",
      "detect",
      "1.0 s",
      "boot",
      "18.3 s",
      "downtime",
      "limit 90 s",
    ]) {
      assert.ok(svg.includes(`>${label}</text>`), label);
    }
  });

  it("stages follow one another and end where the time to recover ends", () => {
    const stage = fc.record({ name: fc.constantFrom(...stageNames), ms: fc.integer({ min: 2000, max: 400_000 }) });
    fc.assert(
      fc.property(fc.array(stage, { minLength: 1, maxLength: 8 }), (stages: Stage[]) => {
        const total = stages.reduce((sum, { ms }) => sum + ms, 0);
        const judgement = aJudgement({ stages, ttrMs: measured(total, 100), downtimeMs: null, expected: null });
        const [whole, ...parts] = barsOf(waterfall(rowOf(judgement), { standalone: false }));
        assert.ok(whole);
        let end = whole.x;
        for (const { x, width } of parts) {
          // A bar is drawn at least 1.5 wide, and positions are rounded to tenths.
          assert.ok(x <= end + 0.3 && x >= end - 1.6);
          end = Math.max(end, x + width);
        }
        assert.ok(Math.abs(end - (whole.x + whole.width)) < 2);
      }),
    );
  });

  it("of a VM that is not back is open until it was last looked at", () => {
    const judgement = aJudgement({
      outcome: "stuck",
      on: "node-lost",
      ttrMs: null,
      twiceMs: null,
      terminatingPods: 0,
      stages: [],
      downtimeMs: null,
      censoredAtMs: 521_000,
    });
    const [only, ...others] = barsOf(waterfall(rowOf(judgement), { standalone: true }));
    assert.deepEqual(others, []);
    assert.equal(only?.css, "rb-open");
    assert.match(only?.title ?? "", /8 min 00 s/);
  });

  it("alone brings its own ground and style, on a page it takes the page's", () => {
    assert.match(waterfall(rowOf(), { standalone: true }), /<style>[^]*prefers-color-scheme:dark/);
    assert.doesNotMatch(waterfall(rowOf(), { standalone: false }), /<style>/);
  });

  it("names the variant and its verdict where it stands alone, and escapes them", () => {
    const svg = waterfall(rowOf(aJudgement(), aVariant({ name: hostileName })), { standalone: true });
    assert.ok(!svg.includes("<script"));
    assert.match(svg, /✓ recovered/);
  });

  it("marks where a remedy began", () => {
    const row = rowOf(aJudgement({ phase: "taint", ttrMs: measured(500_000, 100) }));
    row.experiment.phases = [{ name: "taint", fromMs: 400_000, toMs: 600_000 }];
    assert.match(waterfall(row, { standalone: true }), />taint<\/text>/);
  });
});

describe("the overview", () => {
  it("has a line for every judgement, with its time and verdict", () => {
    for (const experiment of realisticResults().experiments) {
      const svg = overview(experiment, { standalone: true });
      const verdicts = svg.match(/class="rb-(?:good|bad|unsure|muted)">/g) ?? [];
      assert.equal(verdicts.length, rowsOf([experiment]).length);
      assert.ok(!/NaN|undefined|Infinity/.test(svg));
    }
  });
});

describe("the time scale", () => {
  it("has between two and eight ticks whatever the span", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 200 * 3_600_000 }), (maxMs) => {
        const { ticks } = timeScale(maxMs, 0, 100);
        assert.ok(ticks.length >= 2 && ticks.length <= 8, `${ticks.length} ticks`);
        assert.equal(new Set(ticks.map(({ label }) => label)).size, ticks.length);
      }),
    );
  });
});
