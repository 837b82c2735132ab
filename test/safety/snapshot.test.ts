import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import type { Pod, VirtualMachineInstance } from "../../src/kube/objects.ts";
import { nodes, pods, virtualMachineInstances } from "../../src/kube/resources.ts";
import { differences, leftovers, takeSnapshot, type Snapshot } from "../../src/safety/snapshot.ts";
import { runLabel } from "../../src/safety/undo-journal.ts";
import { vm } from "../../src/workload/variant.ts";

describe("what is left over after a run", () => {
  let cluster: Cluster;
  let before: Snapshot;

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 2 });
    await cluster.kube.create({
      ...vm("a", { evictionStrategy: "External" }).manifests[0]!,
      metadata: { name: "a", namespace: "default" },
    });
    await cluster.clock.sleep(60_000);
    before = await takeSnapshot(cluster, "default");
  });

  afterEach(() => cluster[Symbol.asyncDispose]());

  const patchNode = (patch: object) => cluster.kube.mergePatch(nodes, "worker", undefined, patch);
  const nodeOf = async (): Promise<string> =>
    (await cluster.kube.get<VirtualMachineInstance>(virtualMachineInstances, "a", "default"))!.status.nodeName!;

  /** The platform takes a while to notice. */
  async function noticed(act: () => Promise<unknown>): Promise<void> {
    await act();
    await cluster.clock.sleep(400_000);
  }

  it("is nothing where nothing was done, however often it is looked", async () => {
    await cluster.clock.sleep(600_000);
    assert.deepEqual(await leftovers(before, cluster, { namespace: "default" }), []);
  });

  const marks: [what: string, leave: () => Promise<unknown>, seen: RegExp][] = [
    [
      "a cordon",
      () => patchNode({ spec: { unschedulable: true } }),
      /^node worker: cordoned is true \(it was false\)$/,
    ],
    [
      "a taint",
      () => patchNode({ spec: { taints: [{ key: "k", value: "v", effect: "NoSchedule" }] } }),
      /^node worker: taint k is left \(v:NoSchedule\)$/,
    ],
    ["a label", () => patchNode({ metadata: { labels: { rack: "7" } } }), /^node worker: label rack is left \(7\)$/],
    [
      "a node that is off",
      () => noticed(() => cluster.actuators.powerOff("worker")),
      /^node worker: Ready is Unknown \(it was True\)$/,
    ],
    [
      "a component that is away",
      () => noticed(() => cluster.actuators.stopComponent("virt-handler")),
      /^node worker: takes VMs is false \(it was true\)$/,
    ],
    [
      "a node that was deleted",
      async () => {
        await cluster.actuators.powerOff("worker");
        await cluster.kube.delete(nodes, "worker");
      },
      /^node worker is gone \(it was there\)$/,
    ],
    [
      "a namespace",
      () =>
        cluster.kube.create({
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: "rebound-x", labels: { [runLabel]: "r1" } },
        }),
      /^namespace rebound-x is left$/,
    ],
    [
      "an evacuation mark",
      async () => {
        const [pod] = await cluster.kube.list<Pod>(pods, { namespace: "default" });
        await assert.rejects(cluster.kube.evict("default", pod!.metadata.name), /evacuation/);
      },
      /^VMI default\/a: to be evacuated is left/,
    ],
    [
      "a migration that does not end",
      async () => {
        const other = (await nodeOf()) === "worker" ? "worker2" : "worker";
        await cluster.kube.mergePatch(nodes, other, undefined, { spec: { unschedulable: true } });
        await cluster.kube.create({
          apiVersion: "kubevirt.io/v1",
          kind: "VirtualMachineInstanceMigration",
          metadata: { name: "m", namespace: "default" },
          spec: { vmiName: "a" },
        });
      },
      /^migration default\/m is left \(unfinished\)$/,
    ],
  ];
  for (const [what, leave, seen] of marks) {
    it(`is ${what}`, async () => {
      await leave();
      const left = differences(before, await takeSnapshot(cluster, "default"));
      assert.ok(
        left.some((mark) => seen.test(mark)),
        left.join("\n"),
      );
    });
  }

  it("is nothing more once a node had the time to come back", async () => {
    await cluster.actuators.powerOff("worker");
    await cluster.clock.sleep(120_000);
    await cluster.actuators.powerOn("worker");
    assert.deepEqual(await leftovers(before, cluster, { namespace: "default" }), []);
  });

  it("is what hands say that they left on nodes", async () => {
    const withMarks = { ...cluster, leftovers: async () => ["node worker: memory is taken"] };
    assert.deepEqual(await leftovers(before, withMarks, { namespace: "default" }), [
      "node worker: memory is taken is left",
    ]);
  });
});
