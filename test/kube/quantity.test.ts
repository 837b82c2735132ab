import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bytesQuantity,
  canonicalQuantity,
  compareQuantities,
  milliQuantity,
  parseQuantity,
  quantityMilli,
  quantityValue,
} from "../../src/kube/quantity.ts";

/** Well-formed quantities of every notation. */
const quantities = fc
  .tuple(
    fc.constantFrom("", "+", "-"),
    fc.nat({ max: 999_999_999 }),
    fc.option(fc.nat({ max: 999 }), { nil: undefined }),
    fc.constantFrom("", "n", "u", "m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti", "e3", "E-2", "e+1"),
  )
  .map(([sign, whole, fraction, suffix]) => `${sign}${whole}${fraction === undefined ? "" : `.${fraction}`}${suffix}`);

describe("quantities", () => {
  for (const [text, value, canonical] of [
    ["1024Mi", 2 ** 30, "1Gi"],
    ["1.5Gi", 1_610_612_736, "1536Mi"],
    ["0.5", 1, "500m"],
    ["1000", 1000, "1k"],
    ["1500", 1500, "1500"],
    ["128974848", 128_974_848, "128974848"],
    ["129e6", 129_000_000, "129e6"],
    ["129M", 129_000_000, "129M"],
    ["123Mi", 128_974_848, "123Mi"],
    ["100m", 1, "100m"],
    ["1Ki", 1024, "1Ki"],
    ["0.5Ki", 512, "512"],
    ["0", 0, "0"],
    ["-1.5", -1, "-1500m"],
    [".5", 1, "500m"],
  ] as const) {
    it(`${text} is ${value} units and is written ${canonical}`, () => {
      assert.equal(quantityValue(text), value);
      assert.equal(canonicalQuantity(text), canonical);
    });
  }

  it("are read from numbers as from their text", () => {
    assert.equal(quantityMilli(0.25), 250);
    assert.equal(quantityMilli(2), 2000);
  });

  it("finer than a nano unit are rounded away from nothing", () => {
    assert.equal(parseQuantity("1e-12"), 1n);
    assert.equal(parseQuantity("1.0000000001"), 1_000_000_001n);
  });

  it("beyond 2^63-1 are cut to it", () => {
    assert.equal(parseQuantity("1e50"), parseQuantity("9223372036854775807"));
  });

  for (const text of ["", "1..2", "abc", "1Xi", ".", "1 Gi", "Mi", "1e", "--1", "0x10"]) {
    it(`"${text}" is none`, () => {
      assert.throws(() => parseQuantity(text), /^Error: quantities must match the regular expression/);
    });
  }

  it("are worth the same in canonical form, which stays as it is", () => {
    fc.assert(
      fc.property(quantities, (text) => {
        const canonical = canonicalQuantity(text);
        assert.equal(parseQuantity(canonical), parseQuantity(text));
        assert.equal(canonicalQuantity(canonical), canonical);
      }),
    );
  });

  it("compare as their values do", () => {
    fc.assert(
      fc.property(quantities, quantities, (a, b) => {
        assert.equal(Math.sign(compareQuantities(a, b)), Math.sign(Number(parseQuantity(a) - parseQuantity(b))));
        assert.equal(compareQuantities(a, b) + compareQuantities(b, a), 0);
      }),
    );
  });

  it("written from numbers give the numbers back", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), (number) => {
        assert.equal(quantityValue(bytesQuantity(number)), number);
        assert.equal(quantityMilli(milliQuantity(number)), number);
      }),
    );
  });
});
