import assert from "node:assert/strict";
import type { VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import { Lab, type LabOptions } from "./lab.ts";

async function runningVm(options: LabOptions = {}): Promise<{ lab: Lab; uid: string }> {
  const lab = new Lab(options);
  await lab.createVm("vm", "Always");
  lab.run(30);
  return { lab, uid: lab.vmi("vm")!.metadata.uid };
}

/** A guest whose memory takes some seconds to copy, in the middle of that. */
async function midway(): Promise<{ lab: Lab; uid: string }> {
  const { lab, uid } = await runningVm({ domain: { memory: { guest: "4Gi" } } });
  assert.equal(await lab.virtctl("migrate", "vm"), 202);
  for (let tenths = 0; !lab.vmi("vm")?.status.migrationState?.startTimestamp; tenths++) {
    assert.ok(tenths < 300);
    lab.run(0.1);
  }
  lab.run(2);
  return { lab, uid };
}

function phaseOfMigration(lab: Lab): string | undefined {
  return lab.simulation.store.list<VirtualMachineInstanceMigration>("virtualmachineinstancemigrations", "lab")[0]
    ?.status?.phase;
}

describe("libvirt killed", () => {
  it("is started again by its launcher; the guest does not notice", async () => {
    const { lab, uid } = await runningVm();
    const bootId = lab.simulation.ask(uid);
    lab.simulation.hands.killLibvirt(uid);
    lab.run(60);
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.simulation.ask(uid), bootId);
  });

  it("in the middle of a migration ends that, and the guest goes on where it is", async () => {
    const { lab, uid } = await midway();
    const { nodeName } = lab.vmi("vm")!.status;
    lab.simulation.hands.killLibvirt(uid, nodeName);
    lab.run(20);
    assert.equal(phaseOfMigration(lab), "Failed");
    assert.equal(lab.vmi("vm")?.status.nodeName, nodeName);
    assert.ok(lab.serves(uid));
  });
});

describe("qemu killed in the middle of a migration", () => {
  it("of the source ends the VMI", async () => {
    const { lab, uid } = await midway();
    lab.simulation.hands.killQemu(uid, lab.vmi("vm")!.status.nodeName);
    lab.run(40);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("of the target ends the migration, and the guest goes on where it is", async () => {
    const { lab, uid } = await midway();
    const { nodeName, migrationState } = lab.vmi("vm")!.status;
    lab.simulation.hands.killQemu(uid, migrationState!.targetNode);
    lab.run(20);
    assert.equal(phaseOfMigration(lab), "Failed");
    assert.equal(lab.vmi("vm")?.status.nodeName, nodeName);
    assert.ok(lab.serves(uid));
  });

  it("cannot be done where there is none", async () => {
    const { lab, uid } = await runningVm();
    const { nodeName } = lab.vmi("vm")!.status;
    const other = ["worker", "worker2", "worker3"].find((node) => node !== nodeName)!;
    assert.throws(() => lab.simulation.hands.killQemu(uid, other), new RegExp(`on ${other}`));
  });
});

describe("a guest out of its own memory", () => {
  it("serves no more until it boots anew; its qemu, its agent and its obedience are as they were", async () => {
    const { lab, uid } = await runningVm({ annotations: { "guest.rebound.dev/agent": "true" } });
    lab.simulation.hands.exhaustGuest(uid);
    lab.run(60);
    assert.ok(!lab.serves(uid));
    assert.ok(lab.ready(lab.vmi("vm")));
    lab.simulation.hands.rebootGuest(uid);
    lab.run(20);
    assert.ok(lab.serves(uid));
    lab.simulation.hands.exhaustGuest(uid);
    lab.deletePod(uid);
    lab.run(10);
    assert.deepEqual(lab.histories.get(uid)?.phases.at(-1), "Succeeded");
  });
});
