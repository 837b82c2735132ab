import assert from "node:assert/strict";
import { defaultSettings } from "../../../src/simulator/settings.ts";
import { startBackoffSeconds } from "../../../src/simulator/kubevirt/virtual-machine/start-failure.ts";
import { Lab } from "./lab.ts";

describe("start back-off", () => {
  const ranges: [failures: number, low: number, high: number][] = [
    [1, 10, 15],
    [2, 40, 60],
    [3, 90, 135],
    [4, 160, 240],
    [5, 250, 300],
    [6, 300, 300],
    [20, 300, 300],
  ];
  for (const [failures, low, high] of ranges) {
    it(`lasts ${low} to ${high} s after ${failures} failed starts`, () => {
      assert.equal(startBackoffSeconds(failures, defaultSettings, 0), low);
      assert.equal(startBackoffSeconds(failures, defaultSettings, 0.999_999), high);
    });
  }

  describe("of VMs whose domain cannot be set up", () => {
    const message = "failed to configure vmi network: setup failed";
    let lab: Lab;
    before(async () => {
      lab = new Lab({ annotations: { "guest.rebound.dev/start-error": message } });
      await lab.createVm("always", "Always");
      await lab.createVm("rerun", "RerunOnFailure");
      await lab.createVm("manual", "Manual");
      await lab.createVm("once", "Once");
      lab.run(1);
      await lab.virtctl("start", "manual");
      lab.run(6);
    });

    it("shows CrashLoopBackOff under Always, RerunOnFailure and Once, and not under Manual", () => {
      const printed = ["always", "rerun", "once", "manual"].map((name) => lab.vm(name).status.printableStatus);
      assert.deepEqual(printed, ["CrashLoopBackOff", "CrashLoopBackOff", "CrashLoopBackOff", "Stopped"]);
      assert.equal(lab.vm("manual").status.startFailure, undefined);
    });

    it("says on the VMI's events why it failed", () => {
      const reasons = lab.eventsOf("VirtualMachineInstance", "once").map(({ reason, message: text }) => [reason, text]);
      assert.ok(reasons.some(([reason, text]) => reason === "SyncFailed" && text === message));
      assert.ok(reasons.some(([reason]) => reason === "Stopped"));
      assert.ok(!reasons.some(([reason]) => reason === "Started"));
    });

    it("counts each failed VMI once and starts no sooner than it says", () => {
      for (let count = 1; count <= 4; count++) {
        const { startFailure } = lab.vm("always").status;
        assert.equal(startFailure?.consecutiveFailCount, count);
        const due = Date.parse(startFailure.retryAfterTimestamp) - lab.simulation.clock.wall().getTime();
        lab.run(due / 1000 - 0.1);
        assert.equal(lab.vmi("always"), undefined);
        lab.run(8);
      }
    });

    it("keeps the failed VMI under Once", () => {
      assert.equal(lab.vmi("once")?.status.phase, "Failed");
      assert.equal([...lab.histories.values()].filter(({ name }) => name === "once").length, 1);
    });

    it("begins anew with a start by hand", async () => {
      await lab.virtctl("stop", "always");
      lab.run(10);
      assert.equal(lab.vm("always").status.startFailure, undefined);
      await lab.virtctl("start", "always");
      lab.run(6);
      assert.equal(lab.vm("always").status.startFailure?.consecutiveFailCount, 1);
    });
  });

  it("does not delay a VM that ran before it crashed", async () => {
    const lab = new Lab();
    await lab.createVm("always", "Always");
    lab.run(20);
    for (let crash = 0; crash < 3; crash++) {
      lab.simulation.hands.killQemu(lab.vmi("always")!.metadata.uid);
      lab.run(10);
      assert.equal(lab.vmi("always")?.status.phase, "Running");
      assert.equal(lab.vm("always").status.startFailure, undefined);
    }
  });
});
