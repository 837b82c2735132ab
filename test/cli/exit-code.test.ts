import assert from "node:assert/strict";
import { exitCodeOfSummary } from "../../src/cli/exit-code.ts";
import { exitCodeOf, explain } from "../../src/cli/failure.ts";
import { EnvironmentError, UsageError } from "../../src/errors.ts";

const none = { green: 0, red: 0, invalid: 0, notInjected: 0, skipped: 0 };

describe("the exit code", () => {
  const cases: { what: string; summary: Partial<typeof none>; code: number }[] = [
    { what: "0 where all are green", summary: { green: 2 }, code: 0 },
    { what: "0 where some are green and others skipped", summary: { green: 1, skipped: 9 }, code: 0 },
    { what: "1 where any is red", summary: { green: 9, red: 1 }, code: 1 },
    { what: "1 where one is red and another invalid", summary: { red: 1, invalid: 1 }, code: 1 },
    { what: "3 where any is invalid", summary: { green: 9, invalid: 1 }, code: 3 },
    { what: "3 where a fault did not bite", summary: { green: 9, notInjected: 1 }, code: 3 },
    { what: "3 where all were skipped", summary: { skipped: 5 }, code: 3 },
    { what: "3 where there was nothing", summary: {}, code: 3 },
  ];
  for (const { what, summary, code } of cases) {
    it(`is ${what}`, () => assert.equal(exitCodeOfSummary({ ...none, ...summary }), code));
  }

  it("is 2 for a usage error, and 3 for an environment that failed or anything unforeseen", () => {
    const errors = [new UsageError("a"), new EnvironmentError("b"), new TypeError("c"), "d"];
    assert.deepEqual(errors.map(exitCodeOf), [2, 3, 3, 3]);
  });
});

describe("the message of an error", () => {
  it("is one line for what was foreseen", () => {
    assert.equal(explain(new UsageError("there is no such thing")), "rebound: there is no such thing\n");
    assert.equal(explain(new EnvironmentError("the disk is full")), "rebound: the disk is full\n");
  });

  it("says how to learn more of what was not", () => {
    assert.match(explain(new TypeError("x is undefined")), /^rebound: x is undefined\nrebound: .*REBOUND_DEBUG=1/);
  });
});
