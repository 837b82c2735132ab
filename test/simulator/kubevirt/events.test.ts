import assert from "node:assert/strict";
import { condition } from "../../../src/kube/objects.ts";
import { Lab } from "./lab.ts";

function told(lab: Lab, kind: string, name: string): string[] {
  return lab
    .eventsOf(kind, name)
    .map(({ type, reason, message, source }) => `${type} ${reason} ${message} (${source?.component})`);
}

describe("events of a VM", () => {
  it("tell of its start and of its crash in the platform's words", async () => {
    const lab = new Lab();
    await lab.createVm("vm", "Always");
    lab.run(20);
    const { uid } = lab.vmi("vm")!.metadata;
    const pod = lab.podOf(uid)!.metadata.name;
    assert.deepEqual(told(lab, "VirtualMachineInstance", "vm"), [
      `Normal SuccessfulCreate Created virtual machine pod ${pod} (virtualmachine-controller)`,
      "Normal Created VirtualMachineInstance defined. (virt-handler)",
      "Normal Started VirtualMachineInstance started. (virt-handler)",
    ]);
    lab.simulation.hands.killQemu(uid);
    lab.run(1);
    assert.deepEqual(told(lab, "VirtualMachineInstance", "vm").slice(3), [
      "Normal Deleted Signaled Deletion (virt-handler)",
      "Warning Stopped The VirtualMachineInstance crashed. (virt-handler)",
      `Normal SuccessfulDelete Deleted virtual machine pod ${pod} (virtualmachine-controller)`,
    ]);
    assert.deepEqual(told(lab, "VirtualMachine", "vm"), [
      "Normal SuccessfulCreate Started the virtual machine by creating the new virtual machine instance vm (virtualmachine-controller)",
      `Normal SuccessfulDelete Stopped the virtual machine by deleting the virtual machine instance ${uid} (virtualmachine-controller)`,
    ]);
  });

  it("tell of one shutdown signal however often it is sent, and of the end of the grace", async () => {
    const lab = new Lab({ annotations: { "guest.rebound.dev/ignores-acpi": "true" } });
    await lab.createVmi("vm");
    lab.run(20);
    lab.deletePod(lab.vmi("vm")!.metadata.uid);
    lab.run(40);
    const events = told(lab, "VirtualMachineInstance", "vm").slice(3);
    assert.deepEqual(events, [
      "Normal ShuttingDown Signaled Graceful Shutdown (virt-handler)",
      "Normal Deleted VirtualMachineInstance stopping (virt-handler)",
      "Normal Deleted Signaled Deletion (virt-handler)",
      "Warning Stopped The VirtualMachineInstance crashed. (virt-handler)",
    ]);
    const [signal] = lab.eventsOf("VirtualMachineInstance", "vm").filter(({ reason }) => reason === "ShuttingDown");
    assert.equal(signal?.count, 1);
  });

  it("tell that a guest whose pod was deleted by force is shut down with its VMI", async () => {
    const lab = new Lab();
    await lab.createVm("vm", "Always");
    lab.run(20);
    const { uid } = lab.vmi("vm")!.metadata;
    const launcher = lab.podOf(uid)!.metadata.name;
    lab.simulation.store.delete("pods", "lab", launcher, { gracePeriodSeconds: 0 });
    lab.run(1);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
    const of = lab.eventsOf("VirtualMachineInstance", "vm").filter(({ involvedObject }) => involvedObject.uid === uid);
    const reasons = of.map(({ reason }) => reason);
    assert.ok(reasons.includes("ShuttingDown"), reasons.join());
    lab.run(3);
    assert.ok(!lab.serves(uid));
  });

  it("tell once that the pod is deleted, while it takes its time", async () => {
    const lab = new Lab({ annotations: { "guest.rebound.dev/ignores-acpi": "true" } });
    await lab.createVmi("vm");
    lab.run(20);
    lab.simulation.store.delete("virtualmachineinstances", "lab", "vm");
    lab.run(25);
    const deletions = lab
      .eventsOf("VirtualMachineInstance", "vm")
      .filter(({ reason }) => reason === "SuccessfulDelete");
    assert.deepEqual(
      deletions.map(({ count }) => count),
      [1],
    );
  });

  it("tell of a paused guest that libvirt signals no shutdown to: it ends by the launcher's own deadline", async () => {
    const lab = new Lab();
    await lab.createVm("vm", "Always");
    lab.run(25);
    const { uid } = lab.vmi("vm")!.metadata;
    await lab.virtctl("pause", "vm", "virtualmachineinstances");
    await lab.virtctl("stop", "vm");
    lab.run(35);
    assert.equal(lab.histories.get(uid)?.endedMs, undefined);
    assert.equal(condition(lab.vmi("vm"), "Synchronized")?.reason, "Synchronizing with the Domain failed.");
    const reasons = lab.eventsOf("VirtualMachineInstance", "vm").map(({ reason }) => reason);
    assert.ok(reasons.includes("SyncFailed"));
    assert.ok(!reasons.includes("ShuttingDown"));
    lab.run(15);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
  });

  it("warn of an eviction strategy that cannot be kept", async () => {
    const lab = new Lab({
      spec: { evictionStrategy: "LiveMigrate" },
      domain: { devices: { interfaces: [{ name: "default", bridge: {} }] } },
    });
    await lab.createVmi("vm");
    lab.run(10);
    const warning =
      "Warning Migrated EvictionStrategy is set but vmi is not migratable; cannot migrate VMI which does not use masquerade or a migratable plugin to connect to the pod network (virt-handler)";
    assert.ok(told(lab, "VirtualMachineInstance", "vm").includes(warning));
  });
});
