import assert from "node:assert/strict";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { PlannedVariant } from "../../src/experiment/plan.ts";
import { drain } from "../../src/faults/drain.ts";
import type { Victim } from "../../src/faults/fault.ts";
import type { Node, Pod, VirtualMachineInstance } from "../../src/kube/objects.ts";
import { nodes, pods, virtualMachineInstances } from "../../src/kube/resources.ts";
import { vm, type VmOptions } from "../../src/workload/variant.ts";

describe("a drain", () => {
  let cluster: Cluster;

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 3 });
  });

  afterEach(() => cluster[Symbol.asyncDispose]());

  const vmiOf = (name: string) => cluster.kube.get<VirtualMachineInstance>(virtualMachineInstances, name, "default");

  async function run(name: string, options: VmOptions): Promise<Victim> {
    const variant = vm(name, options);
    await cluster.kube.create({ ...variant.manifests[0]!, metadata: { name, namespace: "default" } });
    await cluster.clock.sleep(60_000);
    const { metadata, status } = (await vmiOf(name))!;
    assert.equal(status.phase, "Running");
    return {
      variant: variant as unknown as PlannedVariant,
      vmi: { namespace: "default", name, uid: metadata.uid },
      node: status.nodeName!,
    };
  }

  it("cordons the node and goes on asking until the VM has moved", async () => {
    const victim = await run("a", { evictionStrategy: "LiveMigrate" });
    const [hit] = await drain().inject(cluster, [victim]);
    assert.match(hit!.receipt?.evidence ?? "", /evacuation/);
    assert.equal((await cluster.kube.get<Node>(nodes, victim.node))!.spec.unschedulable, true);
    await cluster.clock.sleep(120_000);
    const moved = (await vmiOf("a"))!;
    assert.equal(moved.metadata.uid, victim.vmi.uid);
    assert.notEqual(moved.status.nodeName, victim.node);
  });

  it("is refused by a VM that must be migrated and cannot be, with the reason", async () => {
    const victim = await run("a", { evictionStrategy: "LiveMigrate", obstacle: "bridge" });
    const [hit] = await drain().inject(cluster, [victim]);
    assert.equal(hit!.receipt, null);
    assert.match(hit!.reason ?? "", /not live-migratable/);
  });

  it("leaves nothing behind when it is taken back, and does no more", async () => {
    const victim = await run("a", { evictionStrategy: "External" });
    const fault = drain();
    await fault.inject(cluster, [victim]);
    assert.equal((await vmiOf("a"))!.status.evacuationNodeName, victim.node);
    await fault.revert(cluster, [victim]);
    await cluster.clock.sleep(60_000);
    assert.equal((await cluster.kube.get<Node>(nodes, victim.node))!.spec.unschedulable, undefined);
    assert.equal((await vmiOf("a"))!.status.evacuationNodeName ?? "", "");
  });

  it("evicts whatever else runs on the node, as kubectl does, but for what daemon sets run there", async () => {
    const victim = await run("a", { evictionStrategy: "LiveMigrate" });
    await cluster.kube.create({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "alone", namespace: "default" },
      spec: { nodeName: victim.node, containers: [{ name: "main", image: "registry.k8s.io/pause" }] },
    });
    await cluster.clock.sleep(10_000);
    await drain().inject(cluster, [victim]);
    await cluster.clock.sleep(120_000);
    const left = await cluster.kube.list<Pod>(pods, { fieldSelector: `spec.nodeName=${victim.node}` });
    const owners = new Set(left.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind ?? "nobody"));
    assert.deepEqual([...owners], ["DaemonSet"]);
  });

  it("that is interrupted asks for the victim once, and leaves the node cordoned", async () => {
    const victim = await run("a", { evictionStrategy: "External" });
    const fault = drain({ interrupted: true });
    await fault.inject(cluster, [victim]);
    await cluster.clock.sleep(60_000);
    assert.equal((await cluster.kube.get<Node>(nodes, victim.node))!.spec.unschedulable, true);
    assert.equal((await vmiOf("a"))!.status.nodeName, victim.node);
  });
});
