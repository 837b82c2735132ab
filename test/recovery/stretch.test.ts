import assert from "node:assert/strict";
import type { Switch } from "../../src/recovery/serving.ts";
import { isWhole, lastBreak, lastStretch } from "../../src/recovery/stretch.ts";

/** On and off in turn, each a second after it may have happened. */
function switches(...seconds: number[]): Switch[] {
  return seconds.map((second, index) => ({ on: index % 2 === 0, lowMs: (second - 1) * 1000, highMs: second * 1000 }));
}

describe("the last stretch in which enough of several serve", () => {
  it("begins with the last of those needed, between its last bad and first good observation", () => {
    const members = [switches(10), switches(10, 50), switches(70)];
    assert.deepEqual(lastStretch(members, 2), { low: 69_000, high: 70_000 });
  });

  it("is not broken by one too many that goes", () => {
    const members = [switches(10), switches(10, 50), switches(40)];
    assert.deepEqual(lastStretch(members, 2), { low: 9000, high: 10_000 });
  });

  it("is none where too few serve at the end", () => {
    assert.equal(lastStretch([switches(10), switches(10, 50)], 2), null);
    assert.equal(lastBreak([switches(10), switches(10, 50)], 2, 60_000), 50_000);
  });

  it("counts what was seen by an instant", () => {
    assert.equal(isWhole([switches(10, 50)], 1, 49_999), true);
    assert.equal(isWhole([switches(10, 50)], 1, 50_000), false);
    assert.equal(isWhole([], 1, 0), false);
  });
});
