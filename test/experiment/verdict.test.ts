import assert from "node:assert/strict";
import type { Expectation, Outcome } from "../../src/experiment/plan.ts";
import { judge, type Case } from "../../src/experiment/verdict.ts";
import type { Recovery } from "../../src/recovery/recovery.ts";

function expecting(outcome: Outcome, limits: Partial<Expectation> = {}): Expectation {
  return { outcome, withinMs: null, maxDowntimeMs: null, floorMs: null, source: "the book", ...limits };
}

function seen(outcome: Outcome, more: Partial<Recovery> = {}): Recovery {
  return {
    outcome,
    detail: "as seen",
    on: null,
    phase: null,
    nodeChanged: null,
    distrust: [],
    provenBy: null,
    goodAtMs: null,
    ttrMs: null,
    fromReliefMs: null,
    endedMs: null,
    censoredAtMs: null,
    downtimeMs: null,
    users: [],
    twiceMs: null,
    parallel: null,
    leastMembers: null,
    endings: [],
    terminatingPods: 0,
    stages: [],
    slowest: null,
    advice: null,
    before: { vmiUid: null, node: null, bootId: null },
    after: { vmiUid: null, node: null, bootId: null },
    data: "unknown",
    members: [],
    evidence: [],
    ...more,
  };
}

function verdictOf(over: Partial<Case>): string {
  return judge({
    role: "victim",
    isAfterRelief: false,
    expectation: expecting("restarted", { withinMs: 60_000 }),
    recovery: seen("restarted", { ttrMs: { value: 20_000, low: 19_000, high: 21_000 } }),
    bitten: true,
    refusal: null,
    skip: null,
    broken: null,
    ...over,
  }).verdict;
}

describe("the verdict", () => {
  it("is recovered when the comeback was expected and in time", () => {
    assert.equal(verdictOf({}), "recovered");
  });

  it("is unexpected where two guests of a VM ran at once and nothing warned of that", () => {
    const twice = seen("undisturbed", { twiceMs: { low: 0, high: 1_000 } });
    assert.equal(verdictOf({ expectation: expecting("undisturbed"), recovery: twice }), "unexpected");
    const warned = expecting("undisturbed", { mayBeTwice: true });
    assert.equal(verdictOf({ expectation: warned, recovery: twice }), "as-expected");
  });

  it("is unexpected where more migrations were under way at once than the settings allow", () => {
    const migrationsAtOnce = { fromNode: 2, inAll: 5 };
    const expectation = expecting("undisturbed", { migrationsAtOnce });
    const verdictAt = (fromNode: number, inAll: number) =>
      verdictOf({ expectation, recovery: seen("undisturbed", { parallel: { fromNode, inAll } }) });
    assert.equal(verdictAt(2, 5), "as-expected");
    assert.equal(verdictAt(3, 5), "unexpected");
    assert.equal(verdictAt(2, 6), "unexpected");
  });

  it("is unexpected where a replica set had fewer members for a while than it must have", () => {
    const expectation = expecting("undisturbed", { members: 2 });
    const verdictAt = (leastMembers: number) =>
      verdictOf({ expectation, recovery: seen("undisturbed", { leastMembers }) });
    assert.equal(verdictAt(2), "as-expected");
    assert.equal(verdictAt(1), "unexpected");
  });

  it("is late when even the least time is over the limit", () => {
    const ttrMs = { value: 62_000, low: 61_000, high: 63_000 };
    assert.equal(verdictOf({ recovery: seen("restarted", { ttrMs }) }), "late");
  });

  it("is invalid when the limit lies inside the interval", () => {
    const ttrMs = { value: 60_000, low: 59_000, high: 61_000 };
    assert.equal(verdictOf({ recovery: seen("restarted", { ttrMs }) }), "invalid");
  });

  it("holds the limit of a later phase against the time since the relief", () => {
    const ttrMs = { value: 500_000, low: 499_000, high: 501_000 };
    const fromReliefMs = { value: 20_000, low: 19_000, high: 21_000 };
    const recovery = seen("restarted", { ttrMs, fromReliefMs });
    assert.equal(verdictOf({ recovery, isAfterRelief: true }), "recovered");
    assert.equal(verdictOf({ recovery }), "late");
  });

  it("is invalid when a VM is back sooner than the settings allow: something was measured wrong", () => {
    assert.equal(verdictOf({ expectation: expecting("restarted", { withinMs: 60_000, floorMs: 30_000 }) }), "invalid");
  });

  it("is invalid when an expected time could not be measured", () => {
    assert.equal(verdictOf({ recovery: seen("restarted") }), "invalid");
  });

  for (const outcome of ["stuck", "stopped"] as const) {
    it(`is not-recovered when a comeback was expected and the VM is ${outcome}`, () => {
      assert.equal(verdictOf({ recovery: seen(outcome) }), "not-recovered");
    });
  }

  it("is unexpected when a VM comes back that should not", () => {
    assert.equal(verdictOf({ expectation: expecting("stuck") }), "unexpected");
  });

  it("is as-expected when a VM stays down that should", () => {
    assert.equal(verdictOf({ expectation: expecting("stopped"), recovery: seen("stopped") }), "as-expected");
  });

  it("is not-injected, whatever was seen, when nothing proves that the fault bit", () => {
    assert.equal(verdictOf({ bitten: false }), "not-injected");
    assert.equal(verdictOf({ bitten: false, recovery: seen("undisturbed") }), "not-injected");
  });

  it("needs no bite of a bystander", () => {
    const expectation = expecting("undisturbed");
    assert.equal(
      verdictOf({ role: "bystander", bitten: false, expectation, recovery: seen("undisturbed") }),
      "as-expected",
    );
  });

  it("is invalid before it is anything else that was measured", () => {
    assert.equal(verdictOf({ broken: "interrupted", bitten: false }), "invalid");
    assert.equal(verdictOf({ recovery: seen("restarted", { distrust: ["a watch was lost"] }) }), "invalid");
    assert.equal(verdictOf({ recovery: seen("unknown") }), "invalid");
  });

  it("is skipped before everything, and where no rule speaks", () => {
    assert.equal(verdictOf({ skip: "it has no probe", broken: "interrupted" }), "skipped");
    assert.equal(verdictOf({ expectation: null }), "skipped");
  });

  it("says in a sentence what was expected, why, and what was seen", () => {
    const { reasons } = judge({
      role: "victim",
      isAfterRelief: false,
      expectation: expecting("restarted"),
      recovery: seen("stopped", { detail: "the VMI ended Succeeded" }),
      bitten: true,
      refusal: null,
      skip: null,
      broken: null,
    });
    assert.deepEqual(reasons, ["expected restarted (the book), but it is stopped: the VMI ended Succeeded"]);
  });

  it("is red where a lost node keeps pods that should be gone, and where it kept none that should be left", () => {
    const verdictWith = (terminatingPods: number, expected: "left" | "none") =>
      verdictOf({
        expectation: expecting("stuck", { terminatingPods: expected }),
        recovery: seen("stuck", { terminatingPods }),
      });
    assert.equal(verdictWith(1, "left"), "as-expected");
    assert.equal(verdictWith(0, "left"), "unexpected");
    assert.equal(verdictWith(0, "none"), "as-expected");
    assert.equal(verdictWith(2, "none"), "unexpected");
  });
});
