import assert from "node:assert/strict";
import type { Node, VirtualMachine, VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { drain, evict } from "./drain.ts";
import { Lab, strategies } from "./lab.ts";
import { failure, migrationResource as resource, migrationsOf, runningVm, until } from "./migrations.ts";

describe("a live migration", () => {
  it("goes through all its phases and moves the VM with its boot, its UID and a gap of less than a second", async () => {
    const lab = await runningVm();
    const { uid } = lab.vmi("vm")!.metadata;
    const bootId = lab.simulation.ask(uid);
    const gaps: number[] = [];
    let silentSince = NaN;
    lab.simulation.onAnswer(({ bootId: told }) => {
      if (told === null) silentSince = lab.now;
      else gaps.push(lab.now - silentSince);
    });
    const printed: string[] = [];
    const ready: string[] = [];
    lab.simulation.store.subscribe(({ resource: changed, object }) => {
      if (changed === "virtualmachines") {
        const { printableStatus } = (object as VirtualMachine).status;
        if (printed.at(-1) !== printableStatus) printed.push(printableStatus!);
      }
      if (changed === "virtualmachineinstances") ready.push(condition(object as never, "Ready")!.status);
    });
    assert.equal(await lab.virtctl("migrate", "vm"), 202);
    lab.run(30);
    const vmi = lab.vmi("vm")!;
    assert.equal(vmi.metadata.uid, uid);
    assert.equal(vmi.status.phase, "Running");
    assert.notEqual(vmi.status.nodeName, lab.victim);
    assert.equal(lab.simulation.ask(uid), bootId);
    assert.equal(gaps.length, 1);
    assert.ok(gaps[0]! < 1_000);
    const [migration] = migrationsOf(lab, "vm");
    assert.deepEqual(
      migration!.status.phaseTransitionTimestamps!.map(({ phase }) => phase),
      ["Pending", "Scheduling", "Scheduled", "PreparingTarget", "TargetReady", "Running", "Succeeded"],
    );
    assert.deepEqual(migration!.status.migrationState, vmi.status.migrationState);
    assert.deepEqual(migration!.metadata.finalizers ?? [], []);
    assert.deepEqual(printed, ["Migrating", "Running"]);
    const drops = ready.filter((now, index) => now === "False" && ready[index - 1] === "True");
    assert.equal(drops.length, 1);
    assert.ok(lab.ready(vmi));
  });

  it("leaves the old pod Succeeded and reports the address of the new one", async () => {
    const lab = await runningVm();
    const { uid } = lab.vmi("vm")!.metadata;
    await lab.virtctl("migrate", "vm");
    lab.run(30);
    const [old, now] = lab.simulation.world.index.podsOwnedBy(uid);
    assert.equal(old?.status.phase, "Succeeded");
    assert.equal(now?.status.phase, "Running");
    assert.equal(lab.vmi("vm")?.status.interfaces?.[0]?.ipAddress, now?.status.podIP);
  });

  it("moves a paused VM paused, and a booting one goes on booting where it comes to", async () => {
    const paused = await runningVm();
    await paused.virtctl("pause", "vm", "virtualmachineinstances");
    await paused.virtctl("migrate", "vm");
    paused.run(30);
    assert.equal(condition(paused.vmi("vm"), "Paused")?.status, "True");
    await paused.virtctl("unpause", "vm", "virtualmachineinstances");
    assert.ok(paused.serves(paused.vmi("vm")!.metadata.uid));
    const booting = await runningVm({ annotations: { "guest.rebound.dev/boot-seconds": "60" } });
    await booting.virtctl("migrate", "vm");
    booting.run(20);
    assert.notEqual(booting.vmi("vm")?.status.nodeName, booting.victim);
    assert.ok(!booting.serves(booting.vmi("vm")!.metadata.uid));
    booting.run(30);
    assert.ok(booting.serves(booting.vmi("vm")!.metadata.uid));
  });

  it("can be had again and again; five that are over are kept, and the pods of those that are not kept go", async () => {
    const lab = await runningVm();
    for (let count = 0; count < 8; count++) {
      assert.equal(await lab.virtctl("migrate", "vm"), 202);
      lab.run(30);
    }
    const migrations = migrationsOf(lab, "vm");
    assert.deepEqual(
      migrations.map(({ status }) => status.phase),
      Array(5).fill("Succeeded"),
    );
    const pods = lab.simulation.world.index.podsOwnedBy(lab.vmi("vm")!.metadata.uid);
    assert.ok(pods.length <= 6, `${pods.length} pods`);
  });

  it("waits for a VM that does not run yet", async () => {
    const lab = new Lab();
    await lab.createVm("vm", "Always");
    lab.run(1);
    const { status } = await lab.request("POST", `/apis/kubevirt.io/v1/namespaces/lab/${resource}`, {
      apiVersion: "kubevirt.io/v1",
      kind: "VirtualMachineInstanceMigration",
      metadata: { name: "early" },
      spec: { vmiName: "vm" },
    });
    assert.equal(status, 201);
    until(lab, () => migrationsOf(lab, "vm")[0]?.status.phase === "Scheduling");
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    lab.run(30);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded");
  });

  it("is refused while another is under way", async () => {
    const lab = await runningVm();
    await lab.virtctl("migrate", "vm");
    assert.equal(await lab.virtctl("migrate", "vm"), 500);
  });

  it("goes with its VM: none is left after a restart", async () => {
    const lab = await runningVm();
    await lab.virtctl("migrate", "vm");
    lab.run(30);
    await lab.virtctl("restart", "vm");
    lab.run(60);
    assert.deepEqual(migrationsOf(lab, "vm"), []);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
  });
});

describe("of many migrations", () => {
  it("two at a time leave a node; evacuations have the next free place before users' migrations", async () => {
    const lab = await new Lab({ spec: { evictionStrategy: "LiveMigrate" } }).startAll();
    let most = 0;
    lab.simulation.store.subscribe(({ resource: changed }) => {
      if (changed !== resource) return;
      const under = lab.simulation.store
        .list<VirtualMachineInstanceMigration>(resource, "lab")
        .filter(({ status }) => !["", "Pending", "Succeeded", "Failed"].includes(status?.phase ?? ""))
        .filter(({ spec }) => lab.vmi(spec.vmiName)?.status.nodeName === lab.victim);
      most = Math.max(most, under.length);
    });
    for (const strategy of strategies) assert.equal(await lab.virtctl("migrate", strategy.toLowerCase()), 202);
    await evict(lab, lab.podOf(lab.vmi("bare")!.metadata.uid)!.metadata.name);
    lab.run(60);
    assert.equal(most, 2);
    const done = (name: string): string =>
      migrationsOf(lab, name)[0]!.status.phaseTransitionTimestamps!.at(-1)!.phaseTransitionTimestamp;
    assert.ok(done("bare") < done("once"));
  });

  it("five at a time are under way in a cluster", async () => {
    const lab = new Lab({ settings: { parallelOutboundMigrationsPerNode: 9 } });
    await lab.startAll();
    let most = 0;
    lab.simulation.store.subscribe(() => {
      const under = lab.simulation.store
        .list<VirtualMachineInstanceMigration>(resource, "lab")
        .filter(({ status }) => !["", "Pending", "Succeeded", "Failed"].includes(status?.phase ?? ""));
      most = Math.max(most, under.length);
    });
    for (const { metadata } of lab.vmis()) {
      await lab.request("POST", `/apis/kubevirt.io/v1/namespaces/lab/${resource}`, {
        apiVersion: "kubevirt.io/v1",
        kind: "VirtualMachineInstanceMigration",
        metadata: { name: metadata.name },
        spec: { vmiName: metadata.name },
      });
    }
    lab.run(60);
    assert.equal(most, 5);
    assert.ok(lab.vmis().every(({ status }) => status.nodeName !== lab.victim));
  });
});

describe("a migration without a place to go", () => {
  it("is given up after 300 s, with its pod, and an evacuation is tried again after 20 s, 40 s, 80 s", async () => {
    const lab = await runningVm({ spec: { evictionStrategy: "LiveMigrate" } });
    lab.cordonOthers(true);
    const created: number[] = [];
    lab.simulation.store.subscribe(({ resource: changed, verb, object }) => {
      if (changed === "pods" && verb === "ADDED" && object.metadata.name.startsWith("virt-l")) created.push(lab.now);
    });
    const { remaining } = await drain(lab, lab.victim, 1_400);
    assert.equal(remaining.length, 1);
    const waits = created.slice(1).map((at, index) => Math.round((at - created[index]!) / 1000));
    waits.forEach((wait, index) =>
      assert.ok(Math.abs(wait - [320, 340, 380][index]!) <= 2, `waits ${waits.join(", ")}`),
    );
    assert.equal(waits.length, 3);
    const [first] = migrationsOf(lab, "vm");
    assert.equal(failure(lab, first!), "Migration target pod was removed during active migration.");
    const backOff = lab.eventsOf("VirtualMachineInstance", "vm").find(({ reason }) => reason === "MigrationBackoff");
    assert.equal(backOff?.message, "backoff migrating vmi lab/vm");
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
  });
});

describe("a migration that is cancelled", () => {
  const cancel = (lab: Lab): void => {
    lab.simulation.store.delete(resource, "lab", migrationsOf(lab, "vm")[0]!.metadata.name);
  };

  it("before the hand-over is gone at once with its target pod", async () => {
    const lab = await runningVm();
    lab.cordonOthers(true);
    await lab.virtctl("migrate", "vm");
    cancel(lab);
    lab.run(1);
    assert.deepEqual(migrationsOf(lab, "vm"), []);
    assert.equal(lab.simulation.world.index.podsOwnedBy(lab.vmi("vm")!.metadata.uid).length, 1);
  });

  it("while memory is copied stays where it is, and the target's pod ends", async () => {
    const lab = await runningVm({ settings: { migrationMiBPerSecond: 20 } });
    await lab.virtctl("migrate", "vm");
    until(lab, () => migrationsOf(lab, "vm")[0]?.status.phase === "Running");
    const migration = migrationsOf(lab, "vm")[0]!;
    cancel(lab);
    lab.run(10);
    assert.equal(failure(lab, migration), "source node reported migration failed");
    const state = lab.vmi("vm")!.status.migrationState!;
    assert.equal(state.failureReason, "Live migration has been aborted");
    assert.equal(state.abortStatus, "Succeeded");
    assert.deepEqual(migrationsOf(lab, "vm"), []);
    assert.equal(lab.vmi("vm")?.status.nodeName, lab.victim);
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
    assert.notEqual(lab.podOf(lab.vmi("vm")!.metadata.uid)?.status.phase, "Running");
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
  });
});

describe("a guest that writes its memory faster than it can be sent", () => {
  it("is given up after 150 s for each GiB, and runs on", async () => {
    const lab = await runningVm({ annotations: { "guest.rebound.dev/dirty-mib-per-second": "1000" } });
    await lab.virtctl("migrate", "vm");
    lab.run(140);
    assert.equal(lab.vm("vm").status.printableStatus, "Migrating");
    lab.run(30);
    assert.equal(lab.vmi("vm")?.status.migrationState?.failureReason, "Live migration has been aborted");
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Failed");
    assert.ok(lab.serves(lab.vmi("vm")!.metadata.uid));
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
  });
});

describe("the KubeVirt object", () => {
  const configure = (lab: Lab, configuration: object): Promise<{ status: number }> =>
    lab.request("PATCH", "/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt", { spec: { configuration } });

  it("has the eviction strategy of VMIs that state none, from their creation on", async () => {
    const lab = new Lab({ spec: { evictionStrategy: undefined as never } });
    await lab.createVm("before", "Always");
    lab.run(25);
    assert.equal((await configure(lab, { evictionStrategy: "LiveMigrate" })).status, 200);
    await lab.createVm("after", "Always");
    lab.run(25);
    assert.equal(lab.vmi("before")?.spec.evictionStrategy, "None");
    assert.equal(lab.vmi("after")?.spec.evictionStrategy, "LiveMigrate");
    await lab.virtctl("restart", "before");
    lab.run(60);
    assert.equal(lab.vmi("before")?.spec.evictionStrategy, "LiveMigrate");
  });

  const restless = { annotations: { "guest.rebound.dev/dirty-mib-per-second": "1000" } };

  it("allows what ends a copy that would not: vCPUs that stop, or a guest that is throttled", async () => {
    for (const migrations of [
      { allowWorkloadDisruption: true },
      { allowAutoConverge: true },
      { allowPostCopy: true },
    ]) {
      const lab = await runningVm(restless);
      await configure(lab, { migrations });
      const bootId = lab.simulation.ask(lab.vmi("vm")!.metadata.uid);
      await lab.virtctl("migrate", "vm");
      lab.run(200);
      assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded", JSON.stringify(migrations));
      assert.equal(lab.simulation.ask(lab.vmi("vm")!.metadata.uid), bootId);
    }
  });

  it("has the limits of migrations at once", async () => {
    const lab = await new Lab().startAll();
    await configure(lab, { migrations: { parallelOutboundMigrationsPerNode: 1 } });
    await lab.virtctl("migrate", "always");
    await lab.virtctl("migrate", "once");
    assert.equal(migrationsOf(lab, "once")[0]?.status.phase, "Pending");
    lab.run(30);
    assert.equal(migrationsOf(lab, "once")[0]?.status.phase, "Succeeded");
  });
});

describe("a target pod", () => {
  it("is kept off the source's node and goes where the CPU and the machine type can be had", async () => {
    const lab = await runningVm();
    await lab.virtctl("migrate", "vm");
    const { uid } = lab.vmi("vm")!.metadata;
    const pod = lab.podOf(uid)!;
    assert.equal(pod.metadata.labels?.["kubevirt.io/migrationJobUID"], migrationsOf(lab, "vm")[0]?.metadata.uid);
    assert.deepEqual(pod.spec.affinity?.podAntiAffinity, {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { labelSelector: { matchLabels: { "kubevirt.io/created-by": uid } }, topologyKey: "kubernetes.io/hostname" },
      ],
    });
    const selector = pod.spec.nodeSelector!;
    assert.equal(selector["machine-type.node.kubevirt.io/pc-q35-11.1"], "true");
    const labels = lab.simulation.store.get<Node>("nodes", undefined, "worker2")!.metadata.labels!;
    for (const [key, value] of Object.entries(selector)) assert.equal(labels[key], value, key);
  });
});
