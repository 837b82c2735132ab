import assert from "node:assert/strict";
import fc from "fast-check";
import {
  escapeXml,
  formatInterval,
  formatLimit,
  formatMeasured,
  formatMs,
  oneLine,
  shellWord,
} from "../../src/report/format.ts";

describe("durations for people", () => {
  const cases: [ms: number, text: string][] = [
    [0, "0 ms"],
    [840, "840 ms"],
    [999.6, "1.0 s"],
    [26_412, "26.4 s"],
    [59_949, "59.9 s"],
    [59_950, "1 min 00 s"],
    [348_000, "5 min 48 s"],
    [3_599_500, "1 h 00 min"],
    [3_900_000, "1 h 05 min"],
    [-500, "−500 ms"],
  ];
  for (const [ms, text] of cases) it(`${ms} ms is ${text}`, () => assert.equal(formatMs(ms), text));

  it("limits are shown as round as they are", () => {
    assert.deepEqual([60_000, 90_000, 480_000, 510_000, 7_200_000, 1500].map(formatLimit), [
      "60 s",
      "90 s",
      "8 min",
      "8 min 30 s",
      "2 h",
      "1.5 s",
    ]);
  });

  it("a measured time has its uncertainty in its own unit", () => {
    assert.equal(formatMeasured({ value: 26_400, low: 26_200, high: 26_600 }), "26.4 s ±0.2");
    assert.equal(formatMeasured({ value: 840, low: 720, high: 960 }), "840 ms ±120");
    assert.equal(formatMeasured({ value: 348_000, low: 346_000, high: 350_000 }), "5 min 48 s ±2 s");
    assert.equal(formatMeasured({ value: 26_400, low: 26_400, high: 26_400 }), "26.4 s");
  });

  it("what is known closer than a second is shown so, however long it is", () => {
    assert.equal(formatMeasured({ value: 64_292, low: 64_221, high: 64_362 }), "1 min 04.3 s ±0.1");
    assert.equal(formatMeasured({ value: 119_980, low: 119_900, high: 120_060 }), "2 min 00.0 s ±0.1");
  });

  it("the interval shown always contains the one measured", () => {
    const interval = fc.tuple(
      fc.double({ min: 0, max: 3.5e6, noNaN: true }),
      fc.double({ min: 0.001, max: 9e4, noNaN: true }),
    );
    fc.assert(
      fc.property(interval, ([low, width]) => {
        const shown = parseMeasured(formatMeasured({ low, high: low + width, value: low + width / 2 }));
        assert.ok(shown.low <= low + 1e-6 && shown.high >= low + width - 1e-6);
      }),
    );
  });

  it("bounds are shown finer than the value", () => {
    assert.equal(formatInterval({ low: 26_212, high: 26_587 }), "26.21 s to 26.59 s");
    assert.equal(formatInterval({ low: 509_700, high: 510_300 }), "8 min 29.7 s to 8 min 30.3 s");
    assert.equal(formatInterval({ low: 119_960, high: 120_040 }), "2 min 00.0 s to 2 min 00.0 s");
  });
});

/** Reads back what `formatMeasured` wrote, in milliseconds. */
function parseMeasured(text: string): { low: number; high: number } {
  const units: Record<string, number> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
  const [shown = "", margin = ""] = text.split(" ±");
  const parts = [...shown.matchAll(/([\d.]+) (ms|s|min|h)/g)];
  const value = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (units[unit ?? ""] ?? NaN), 0);
  const [amount, unit = parts.at(-1)?.[2]] = margin.split(" ");
  const half = Number(amount) * (units[unit ?? ""] ?? NaN);
  return { low: value - half, high: value + half };
}

describe("text that others chose", () => {
  it("keeps to one line and loses escape sequences and direction marks", () => {
    assert.equal(oneLine("\u001b[31mred\u001b[0m\nnext\u202etxet \u0007"), "red next txet");
  });

  it("is escaped for markup, and what XML cannot hold is replaced", () => {
    assert.equal(escapeXml(`<a b='c' d="e">&\u0000\ud800😀`), "&lt;a b=&#39;c&#39; d=&quot;e&quot;&gt;&amp;��😀");
  });

  it("is one word to a shell", () => {
    assert.equal(shellWord("vm-crash/always"), "vm-crash/always");
    assert.equal(shellWord("it's $(here)"), `'it'\\''s $(here)'`);
    assert.equal(shellWord(""), "''");
  });
});
