import assert from "node:assert/strict";
import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../src/kube/objects.ts";
import { drain, evict } from "./drain.ts";
import { Lab, strategies, type LabOptions, type Strategy } from "./lab.ts";

type Eviction = "None" | "LiveMigrate" | "LiveMigrateIfPossible" | "External";

const bridge = { devices: { interfaces: [{ name: "default", bridge: {} }] } };

async function subjects(evictionStrategy: Eviction, options: LabOptions = {}): Promise<Lab> {
  return new Lab({ ...options, spec: { evictionStrategy, ...options.spec } }).startAll();
}

interface Before {
  vmi: VirtualMachineInstance;
  bootId: string | null;
}

function note(lab: Lab): Before[] {
  return lab.vmis().map((vmi) => ({ vmi, bootId: lab.simulation.ask(vmi.metadata.uid) }));
}

function migrations(lab: Lab): VirtualMachineInstanceMigration[] {
  return lab.simulation.store.list<VirtualMachineInstanceMigration>("virtualmachineinstancemigrations", "lab");
}

describe("a drain of the node with all VMs", () => {
  for (const evictionStrategy of ["LiveMigrate", "LiveMigrateIfPossible"] as const) {
    it(`ends under ${evictionStrategy} once all have migrated, VMs of every strategy, a bare VMI and replica set members alike`, async () => {
      const lab = await subjects(evictionStrategy);
      const before = note(lab);
      let fewest = 2;
      lab.simulation.store.subscribe(({ resource, object }) => {
        if (resource !== "virtualmachineinstancereplicasets") return;
        fewest = Math.min(fewest, (object as unknown as { status: { replicas?: number } }).status.replicas ?? 0);
      });
      const { remaining } = await drain(lab, lab.victim, 240);
      assert.deepEqual(remaining, []);
      lab.run(5);
      for (const { vmi, bootId } of before) {
        const now = lab.vmi(vmi.metadata.name)!;
        assert.equal(now.metadata.uid, vmi.metadata.uid);
        assert.notEqual(now.status.nodeName, lab.victim);
        assert.equal(now.metadata.labels?.["kubevirt.io/nodeName"], now.status.nodeName);
        assert.equal(now.status.evacuationNodeName, undefined);
        assert.equal(lab.simulation.ask(vmi.metadata.uid), bootId);
        assert.ok(lab.ready(now));
      }
      assert.equal(fewest, 2);
      assert.ok(migrations(lab).every(({ status }) => status.phase === "Succeeded"));
    });
  }

  it("loops under LiveMigrate when they cannot migrate, and nothing happens to them", async () => {
    const lab = await subjects("LiveMigrate", { domain: bridge });
    const before = note(lab);
    const { remaining, refusals } = await drain(lab, lab.victim, 600);
    assert.equal(remaining.length, before.length);
    for (const [, message] of refusals) {
      assert.match(message, /is configured with an eviction strategy but is not live-migratable$/);
    }
    for (const { vmi, bootId } of before) {
      const now = lab.vmi(vmi.metadata.name)!;
      assert.equal(now.status.evacuationNodeName, undefined);
      assert.equal(lab.simulation.ask(now.metadata.uid), bootId);
    }
    assert.deepEqual(migrations(lab), []);
  });

  it("loops under External, which only marks them, until someone else migrates them", async () => {
    const lab = await subjects("External");
    const before = note(lab);
    const { remaining } = await drain(lab, lab.victim, 300);
    assert.equal(remaining.length, before.length);
    assert.deepEqual(migrations(lab), []);
    assert.equal(lab.vmi("always")?.status.evacuationNodeName, lab.victim);
    await lab.virtctl("migrate", "always");
    lab.run(30);
    assert.equal(lab.vmi("always")?.status.evacuationNodeName, undefined);
    const rest = await drain(lab, lab.victim, 30);
    assert.equal(rest.remaining.length, before.length - 1);
  });

  const shutDown: Record<Strategy, "restarted" | "gone" | "stays"> = {
    Always: "restarted",
    RerunOnFailure: "gone",
    Manual: "stays",
    Once: "stays",
  };
  const cases: [why: string, strategy: Eviction, options: LabOptions][] = [
    ["under None", "None", {}],
    ["under LiveMigrateIfPossible when they cannot migrate", "LiveMigrateIfPossible", { domain: bridge }],
  ];
  for (const [why, evictionStrategy, options] of cases) {
    it(`shuts them down ${why}: only Always and the replica set come back, elsewhere`, async () => {
      const lab = await subjects(evictionStrategy, options);
      const before = new Map(note(lab).map(({ vmi }) => [vmi.metadata.name, vmi.metadata.uid]));
      const { remaining } = await drain(lab, lab.victim, 120);
      assert.deepEqual(remaining, []);
      lab.run(40);
      for (const strategy of strategies) {
        const name = strategy.toLowerCase();
        const now = lab.vmi(name);
        switch (shutDown[strategy]) {
          case "restarted":
            assert.notEqual(now?.metadata.uid, before.get(name));
            assert.equal(now?.status.phase, "Running");
            assert.notEqual(now?.status.nodeName, lab.victim);
            break;
          case "gone":
            assert.equal(now, undefined);
            break;
          case "stays":
            assert.equal(now?.status.phase, "Succeeded");
        }
      }
      assert.equal(lab.vmi("bare")?.status.phase, "Succeeded");
      const members = lab.vmis().filter(({ metadata }) => metadata.name.startsWith("rs"));
      assert.deepEqual(
        members.map(({ metadata, status }) => [before.has(metadata.name), status.phase]),
        [
          [false, "Running"],
          [false, "Running"],
        ],
      );
    });
  }

  it("of two nodes in turn moves each VM twice, and it never has two live guests", async () => {
    const lab = await subjects("LiveMigrate");
    const before = note(lab);
    await drain(lab, lab.victim, 240);
    lab.simulation.store.mutate("nodes", undefined, lab.victim, (draft) => {
      (draft as unknown as { spec: { unschedulable?: boolean } }).spec.unschedulable = false;
    });
    const second = await drain(lab, "worker2", 240);
    assert.deepEqual(second.remaining, []);
    lab.run(5);
    for (const { vmi, bootId } of before) {
      const now = lab.vmi(vmi.metadata.name)!;
      assert.equal(now.metadata.uid, vmi.metadata.uid);
      assert.notEqual(now.status.nodeName, "worker2");
      assert.equal(lab.simulation.ask(now.metadata.uid), bootId);
    }
  });

  it("leaves the VMs marked when it is interrupted: they migrate all the same", async () => {
    const lab = await subjects("LiveMigrate");
    await drain(lab, lab.victim, 1);
    lab.run(120);
    assert.ok(lab.vmis().every(({ status }) => status.nodeName !== lab.victim));
  });
});

describe("an eviction of a launcher pod", () => {
  it("is refused with 429, first as it sets off the evacuation, then as that is under way", async () => {
    const lab = await subjects("LiveMigrate");
    const { uid } = lab.vmi("always")!.metadata;
    const pod = lab.podOf(uid)!.metadata.name;
    const message = async (): Promise<[number, string]> => {
      const { status, body } = await evict(lab, pod);
      return [status, (body as { message: string }).message];
    };
    const refused =
      'admission webhook "virt-launcher-eviction-interceptor.kubevirt.io" denied the request: Eviction triggered evacuation of VMI "lab/always"';
    assert.deepEqual(await message(), [429, refused]);
    assert.deepEqual(await message(), [429, refused.replace("Eviction", "Evacuation in progress: Eviction")]);
    const started = lab
      .eventsOf("VirtualMachineInstance", "always")
      .find(({ message }) => /^Created Migr/.test(message));
    assert.equal(started?.source?.component, "evacuation-controller");
    while (lab.vmi("always")?.status.migrationState?.startTimestamp === undefined) lab.run(0.2);
    const target = lab.vmi("always")!.status.migrationState!.targetPod!;
    assert.equal((await evict(lab, target)).status, 429);
    lab.run(30);
    assert.equal((await evict(lab, pod)).status, 201);
    assert.equal(lab.simulation.store.get("pods", "lab", pod), undefined);
    assert.ok(lab.serves(uid));
  });

  it("is not followed by an evacuation that was taken back in time", async () => {
    const lab = await subjects("External");
    await evict(lab, lab.podOf(lab.vmi("always")!.metadata.uid)!.metadata.name);
    lab.run(1);
    assert.equal(lab.vmi("always")?.status.evacuationNodeName, lab.victim);
    const cancel = (node: string) =>
      lab.virtctl("evacuate/cancel", "always", "virtualmachines", { evacuationNodeName: node });
    assert.equal(await cancel("worker3"), 500);
    assert.equal(lab.vmi("always")?.status.evacuationNodeName, lab.victim);
    assert.equal(await cancel(lab.victim), 200);
    assert.equal(await cancel(lab.victim), 200);
    assert.equal(lab.vmi("always")?.status.evacuationNodeName, undefined);
  });
});

describe("the deprecated drain taint", () => {
  it("empties a node of the VMs that may migrate, without any eviction", async () => {
    const lab = await subjects("LiveMigrate");
    lab.simulation.store.mutate("nodes", undefined, lab.victim, (draft) => {
      (draft as unknown as { spec: object }).spec = { taints: [{ key: "kubevirt.io/drain", effect: "NoSchedule" }] };
    });
    assert.equal(await lab.virtctl("evacuate/cancel", "always"), 400);
    lab.run(120);
    assert.ok(lab.vmis().every(({ status }) => status.nodeName !== lab.victim));
  });
});
