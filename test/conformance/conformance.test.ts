import assert from "node:assert/strict";
import { conformanceOf } from "./conformance.ts";
import { below, readFloor } from "./floor.ts";

describe("the simulated cluster", () => {
  it("agrees with recordings of a real one, no less than it has before", async () => {
    const results = await conformanceOf("test/recordings");
    assert.ok(results.length > 0);
    assert.deepEqual(below(results, await readFloor()), []);
  });
});
