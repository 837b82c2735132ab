import assert from "node:assert/strict";
import { faults } from "../../src/faults/catalogue.ts";
import { remakeFault } from "../../src/faults/remake.ts";
import { vmCrash } from "../../src/faults/vm-crash.ts";
import { without } from "../../src/faults/during.ts";

describe("a fault that was written down", () => {
  const cases = [...faults, vmCrash({ times: 3 }), ...faults.map((fault) => without("virt-handler", fault))];
  for (const fault of cases) {
    it(`is made again: ${fault.name} ${JSON.stringify(fault.parameters)}`, () => {
      const written = JSON.parse(JSON.stringify(fault.parameters)) as Record<string, unknown>;
      const again = remakeFault(fault.name, written);
      assert.deepEqual(again?.parameters, fault.parameters);
      assert.deepEqual([again?.name, again?.summary, again?.needs], [fault.name, fault.summary, fault.needs]);
    });
  }

  it("is not made where there is none of that name", () => {
    assert.equal(remakeFault("meteor", {}), null);
  });
});
