import assert from "node:assert/strict";
import type { KubeObject, Pod, VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import type { Lab } from "./lab.ts";
import { failure, migrationResource as resource, migrationsOf, runningVm, until } from "./migrations.ts";

interface KubeVirt extends KubeObject {
  spec: { configuration: { migrations?: object } };
}

const dirty = (mib: string): Record<string, string> => ({ "guest.rebound.dev/dirty-mib-per-second": mib });

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

  it("a target pod that is deleted waits for its guest, which is then told to shut down", async () => {
    const { lab, target } = await copying();
    const { uid } = lab.vmi("vm")!.metadata;
    const { targetPod } = lab.vmi("vm")!.status.migrationState!;
    lab.simulation.store.delete("pods", "lab", targetPod!);
    until(lab, () => lab.vmi("vm")?.status.nodeName === target);
    until(lab, () => lab.histories.get(uid)?.endedMs !== undefined);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Succeeded");
  });

  it("a target pod that is deleted gives up a guest that does not come in time, and that runs on where it is", async () => {
    const lab = await runningVm({ settings: { migrationMiBPerSecond: 1 }, annotations: dirty("0") });
    await lab.virtctl("migrate", "vm");
    until(lab, () => lab.vmi("vm")?.status.migrationState?.["targetNodeDomainDetected"] === true);
    const [migration] = migrationsOf(lab, "vm");
    lab.simulation.store.delete("pods", "lab", lab.vmi("vm")!.status.migrationState!.targetPod!);
    lab.run(40);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Running");
    lab.run(20);
    assert.equal(failure(lab, migration!), "source node reported migration failed");
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
  });

  it("a source pod that is deleted is left alone until it is over: the VM has moved by then", async () => {
    const { lab, target } = await copying();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.deletePodNamed(lab.vmi("vm")!.status.migrationState!.sourcePod!);
    lab.run(60);
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.nodeName, target);
    assert.ok(lab.serves(uid));
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

describe("a migration that has gone over to post-copy", () => {
  /** A guest that writes its memory faster than it is copied, and its time is over: it runs over there already. */
  const fetching = async (): Promise<{ lab: Lab; uid: string; target: string }> => {
    const settings = { migrationMiBPerSecond: 2, migrationCompletionSecondsPerGiB: 10 };
    const lab = await runningVm({ settings, annotations: dirty("50") });
    lab.simulation.store.mutate<KubeVirt>("kubevirts", "kubevirt", "kubevirt", ({ spec }) => {
      spec.configuration.migrations = { allowPostCopy: true };
    });
    await lab.virtctl("migrate", "vm");
    until(lab, () => lab.vmi("vm")?.status.migrationState?.mode === "PostCopy");
    until(lab, () => lab.vmi("vm")?.status.migrationState?.["targetNodeDomainReadyTimestamp"] !== undefined);
    lab.run(1);
    return { lab, uid: lab.vmi("vm")!.metadata.uid, target: lab.vmi("vm")!.status.migrationState!.targetNode! };
  };

  it("ends with the guest over there once the rest of its memory has come", async () => {
    const { lab, uid, target } = await fetching();
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.ok(lab.serves(uid));
    lab.run(90);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded");
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.nodeName, target);
    assert.ok(lab.serves(uid));
  });

  it("loses the guest with its target: the VMI fails as irrecoverable, and goes once the dead node's pod is gone", async () => {
    const { lab, uid, target } = await fetching();
    lab.simulation.hands.powerOff(target);
    lab.run(45);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
    const said = lab.eventsOf("VirtualMachineInstance", "vm").filter(({ reason }) => reason === "SyncFailed");
    assert.equal(said.at(-1)?.message, "VMI is irrecoverable due to failed post-copy migration");
    lab.run(60);
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
    lab.deletePodNamed(lab.vmi("vm")!.status.migrationState!.targetPod!, 0);
    lab.run(60);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
  });

  it("loses the guest with its source's qemu", async () => {
    const { lab, uid } = await fetching();
    const source = lab.simulation.hands;
    source.killQemu(uid, lab.victim);
    lab.run(10);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
  });

  it("stays as it is with a source node that lost its power: nobody is there to say that the guest is lost", async () => {
    const { lab, uid } = await fetching();
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(200);
    const vmi = lab.vmi("vm")!;
    assert.equal(vmi.metadata.uid, uid);
    assert.equal(vmi.status.phase, "Running");
    assert.equal(vmi.status.nodeName, lab.victim);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Running");
    assert.ok(!lab.serves(uid));
    lab.deletePodNamed(vmi.status.migrationState!.sourcePod!, 0);
    lab.run(90);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
  });
});
