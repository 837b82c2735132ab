import assert from "node:assert/strict";
import { apiSlow } from "../../src/faults/api-slow.ts";
import { drain } from "../../src/faults/drain.ts";
import { during, without } from "../../src/faults/during.ts";
import { nodeShutdown } from "../../src/faults/node-shutdown.ts";
import { podDelete } from "../../src/faults/pod-delete.ts";
import { faultText } from "../../src/report/fault-text.ts";

describe("a fault in words", () => {
  const cases = [
    [drain(), "drain"],
    [nodeShutdown({ how: "orderly" }), "node-shutdown (orderly)"],
    [podDelete({ force: true }), "pod-delete (force)"],
    [podDelete(), "pod-delete"],
    [without("virt-api", drain()), "drain during component-stop (virt-api)"],
    [during(apiSlow(), nodeShutdown()), "node-shutdown (power-loss) during api-slow (2s)"],
  ] as const;
  for (const [fault, text] of cases) it(`is ${text}`, () => assert.equal(faultText(fault), text));
});
