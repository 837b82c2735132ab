import assert from "node:assert/strict";
import type { Pod, VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import type { Lab } from "./lab.ts";
import { failure, migrationResource as resource, migrationsOf, runningVm, until } from "./migrations.ts";

describe("when something breaks during a migration", () => {
  const copying = async (): Promise<{ lab: Lab; migration: VirtualMachineInstanceMigration; target: string }> => {
    const lab = await runningVm({ settings: { migrationMiBPerSecond: 20 } });
    await lab.virtctl("migrate", "vm");
    until(lab, () => lab.vmi("vm")?.status.migrationState?.["targetNodeDomainDetected"] === true);
    const migration = migrationsOf(lab, "vm")[0]!;
    return { lab, migration, target: lab.vmi("vm")!.status.migrationState!.targetNode! };
  };

  it("a target node without power fails it, and the VM runs on where it is", async () => {
    const { lab, migration, target } = await copying();
    lab.simulation.hands.powerOff(target);
    lab.run(160);
    assert.equal(failure(lab, migration), "source node reported migration failed");
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
    assert.ok(lab.ready(lab.vmi("vm")));
  });

  it("a source node without power fails it, and the VM stays with its dead node", async () => {
    const { lab, migration } = await copying();
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(160);
    assert.equal(failure(lab, migration), "Migration failed because target pod shutdown during migration");
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    assert.ok(!lab.ready(lab.vmi("vm")));
  });

  it("a killed qemu ends the VMI and the migration with it, and the VM starts anew", async () => {
    const { lab, migration } = await copying();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.killQemu(uid);
    lab.run(1);
    assert.equal(failure(lab, migration), "Migration failed vmi shutdown during migration.");
    lab.run(60);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
  });

  it("a target pod that is deleted fails it, and the VM runs on where it is", async () => {
    const { lab, migration } = await copying();
    const { targetPod } = lab.vmi("vm")!.status.migrationState!;
    lab.simulation.store.delete("pods", "lab", targetPod!);
    lab.run(90);
    assert.equal(failure(lab, migration), "Migration failed because target pod shutdown during migration");
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
  });

  it("a source whose virt-handler is away copies on, and the result is known all the same", async () => {
    const { lab } = await copying();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.stopKubelet(lab.victim);
    const [handler] = lab.simulation.world.index
      .podsOn(lab.victim)
      .filter(({ metadata }: Pod) => metadata.labels?.["kubevirt.io"] === "virt-handler");
    const { processes } = lab.simulation.world.machines.get(lab.victim)!;
    processes.get(`${handler!.metadata.uid}/virt-handler`)!.signal("SIGKILL");
    lab.run(60);
    assert.notEqual(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded");
    assert.ok(lab.serves(uid));
  });

  it("virt-controller's absence only delays it", async () => {
    const { lab } = await copying();
    lab.simulation.world.setRunning("virt-controller", false);
    lab.run(30);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Running");
    lab.simulation.world.setRunning("virt-controller", true);
    lab.run(30);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded");
  });
});

describe("virtctl migrate of a VM on a dead node", () => {
  it("is accepted, gets as far as TargetReady, and fails when the target's launcher gives up, 240 to 365 s later", async () => {
    const lab = await runningVm();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(120);
    assert.equal(await lab.virtctl("migrate", "vm"), 202);
    lab.run(200);
    const [migration] = migrationsOf(lab, "vm");
    assert.equal(migration?.status.phase, "TargetReady");
    lab.simulation.store.delete(resource, "lab", migration.metadata.name);
    lab.run(20);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "TargetReady");
    lab.run(150);
    assert.equal(failure(lab, migration), "Migration failed because target pod shutdown during migration");
    const vmi = lab.vmi("vm")!;
    assert.equal(vmi.metadata.uid, uid);
    assert.equal(vmi.status.nodeName, lab.victim);
    assert.equal(vmi.status.migrationState?.failureReason, "Target pod is down");
    assert.equal(vmi.metadata.labels?.["kubevirt.io/migrationTargetNodeName"], undefined);
  });

  it("fails with its VMI when the old pod is removed by force, and the VM comes back", async () => {
    const lab = await runningVm();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(120);
    await lab.virtctl("migrate", "vm");
    lab.run(30);
    const [source] = lab.simulation.world.index.podsOwnedBy(uid);
    lab.simulation.store.delete("pods", "lab", source!.metadata.name, { gracePeriodSeconds: 0 });
    lab.run(120);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    assert.deepEqual(migrationsOf(lab, "vm"), []);
  });
});
