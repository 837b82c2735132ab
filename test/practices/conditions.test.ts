import assert from "node:assert/strict";
import { conditionsOf, type Tested } from "../../src/practices/conditions.ts";

function tested(kept: boolean, attributes: Record<string, string>, variant = "a"): Tested {
  return { kept, attributes: { ...attributes, variant } };
}

describe("the conditions under which a promise is kept", () => {
  it("name the one attribute that separates kept from broken", () => {
    const conditions = conditionsOf([
      tested(true, { "run strategy": "Always", fault: "crash" }),
      tested(true, { "run strategy": "Always", fault: "poweroff" }),
      tested(false, { "run strategy": "Manual", fault: "crash" }),
      tested(false, { "run strategy": "Manual", fault: "poweroff" }),
    ]);
    assert.deepEqual(conditions, ["kept with run strategy Always", "broken with run strategy Manual"]);
  });

  it("name a second where the first leaves both", () => {
    const conditions = conditionsOf([
      tested(true, { "run strategy": "Always", fault: "crash" }),
      tested(true, { "run strategy": "Always", fault: "poweroff" }),
      tested(true, { "run strategy": "RerunOnFailure", fault: "crash" }),
      tested(false, { "run strategy": "RerunOnFailure", fault: "poweroff" }),
      tested(false, { "run strategy": "Manual", fault: "crash" }),
      tested(false, { "run strategy": "Manual", fault: "poweroff" }),
    ]);
    assert.deepEqual(conditions, [
      "kept with run strategy Always",
      "with run strategy RerunOnFailure: kept after crash; broken after poweroff",
      "broken with run strategy Manual",
    ]);
  });

  it("say without what a promise is kept", () => {
    const conditions = conditionsOf([tested(true, {}), tested(false, { obstacle: "a disk" }, "b")]);
    assert.deepEqual(conditions, ["kept without obstacle", "broken with obstacle a disk"]);
  });

  it("name the variant only where nothing else tells them apart", () => {
    const same = { fault: "crash" };
    assert.deepEqual(conditionsOf([tested(true, same, "small"), tested(false, same, "huge")]), [
      "kept with variant small",
      "broken with variant huge",
    ]);
  });

  it("are a count where nothing tells them apart", () => {
    assert.deepEqual(conditionsOf([tested(true, {}), tested(false, {})]), ["kept 1 of 2 times"]);
  });
});
