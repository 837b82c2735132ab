import assert from "node:assert/strict";
import { Lab, strategies } from "./lab.ts";

describe("virtctl", () => {
  let lab: Lab;
  before(async () => {
    lab = await new Lab().startAll();
  });

  it("restarts VMs of every strategy but Once", async () => {
    const old = new Map(lab.vmis().map(({ metadata }) => [metadata.name, metadata.uid]));
    for (const strategy of strategies) {
      const status = await lab.virtctl("restart", strategy.toLowerCase());
      assert.equal(status, strategy === "Once" ? 409 : 202, strategy);
    }
    lab.run(60);
    for (const strategy of strategies) {
      const name = strategy.toLowerCase();
      const vmi = lab.vmi(name)!;
      assert.equal(vmi.metadata.uid === old.get(name), strategy === "Once", strategy);
      assert.ok(lab.ready(vmi) && lab.serves(vmi.metadata.uid), strategy);
    }
  });

  it("pauses a VM: it keeps its VMI, is not ready and answers nothing until it is unpaused", async () => {
    const { uid } = lab.vmi("always")!.metadata;
    assert.equal(await lab.virtctl("pause", "always", "virtualmachineinstances"), 200);
    lab.run(1);
    assert.equal(lab.vm("always").status.printableStatus, "Paused");
    assert.ok(!lab.ready(lab.vmi("always")) && !lab.serves(uid));
    assert.equal(await lab.virtctl("unpause", "always", "virtualmachineinstances"), 200);
    lab.run(1);
    assert.equal(lab.vm("always").status.printableStatus, "Running");
    assert.ok(lab.ready(lab.vmi("always")) && lab.serves(uid));
  });

  it("stops VMs for good; Always and Once become Halted", async () => {
    for (const strategy of strategies) assert.equal(await lab.virtctl("stop", strategy.toLowerCase()), 202, strategy);
    lab.run(30);
    for (const strategy of strategies) {
      const { spec, status } = lab.vm(strategy.toLowerCase());
      assert.equal(status.printableStatus, "Stopped", strategy);
      assert.equal(status.created, undefined, strategy);
      assert.equal(spec.runStrategy, strategy === "Always" || strategy === "Once" ? "Halted" : strategy);
    }
  });

  it("starts what was stopped; a Halted VM becomes Always", async () => {
    for (const strategy of strategies) await lab.virtctl("start", strategy.toLowerCase());
    lab.run(40);
    for (const strategy of strategies) {
      const { spec, status } = lab.vm(strategy.toLowerCase());
      assert.equal(status.printableStatus, "Running", strategy);
      assert.equal(spec.runStrategy, strategy === "Once" ? "Always" : strategy);
    }
  });

  it("deletes a VM with all that it owns", () => {
    lab.simulation.store.delete("virtualmachines", "lab", "always");
    lab.run(1);
    assert.equal(lab.vm("always").status.printableStatus, "Terminating");
    lab.run(20);
    assert.equal(lab.vm("always"), undefined);
    assert.equal(lab.vmi("always"), undefined);
  });
});
