import assert from "node:assert/strict";
import { holderOf, isDead, keyOf } from "../../src/safety/claim.ts";

describe("who holds a shared cluster", () => {
  it("is dead if it was a process of this machine that lives no more", () => {
    const living = holderOf("r1");
    assert.equal(isDead(living), false);
    assert.equal(isDead(living.replace(`process ${process.pid},`, "process 999999999,")), true);
    assert.equal(isDead(living.replace(/begun at .*\)/, "begun at another time)")), true);
  });

  it("is not known to be dead on another machine, nor if it says nothing of itself", () => {
    const elsewhere = holderOf("r1").replace(/@\S+ /, "@elsewhere ").replace(`process ${process.pid},`, "process 9,");
    assert.equal(isDead(elsewhere), false);
    assert.equal(isDead("somebody"), false);
  });
});

describe("a cluster's undo journal", () => {
  it("is no other cluster's, however contexts are called", () => {
    const contexts = ["a", "a/b", "a_b", "a:b", "arn:aws:eks:eu:1:cluster/x", "kind-a", "../a", ""];
    const keys = contexts.map((context) => keyOf({ provider: "existing", context }));
    const all = [...keys, keyOf({ provider: "kind", name: "a" })];
    assert.equal(new Set(all).size, all.length, all.join());
    for (const key of all) assert.match(key, /^(kind|existing)-[A-Za-z0-9._-]*$/);
  });
});
