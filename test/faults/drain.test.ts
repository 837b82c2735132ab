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

  it("leaves a node cordoned that was so before, also when another process takes it back", async () => {
    const victim = await run("a", { evictionStrategy: "External" });
    const cordoned = async () => (await cluster.kube.get<Node>(nodes, victim.node))!.spec.unschedulable === true;
    await cluster.kube.mergePatch(nodes, victim.node, undefined, { spec: { unschedulable: true } });
    await drain().inject(cluster, [victim]);
    await drain().revert(cluster, [victim]);
    assert.equal(await cordoned(), true);

    await cluster.kube.mergePatch(nodes, victim.node, undefined, { spec: { unschedulable: null } });
    await drain().inject(cluster, [victim]);
    assert.equal(await cordoned(), true);
    await drain().revert(cluster, [victim]);
    await drain().revert(cluster, [victim]);
    assert.equal(await cordoned(), false);
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

  it("that looks for room first says where there is some, and goes on", async () => {
    const victim = await run("a", { evictionStrategy: "LiveMigrate" });
    const [hit] = await drain({ verifyRoom: true }).inject(cluster, [victim]);
    assert.match(
      hit!.receipt?.evidence ?? "",
      /there is room: .* ask for .*Gi of memory .* has .*Gi of memory .* free/,
    );
    assert.equal((await cluster.kube.get<Node>(nodes, victim.node))!.spec.unschedulable, true);
  });

  it("that looks for room first touches nothing where one of its VMs has none, and says what each node lacks", async () => {
    const large = { evictionStrategy: "LiveMigrate", resources: { requests: { memory: "20Gi" } } } satisfies VmOptions;
    const victims = [await run("small", { evictionStrategy: "LiveMigrate" }), await run("large", large)];
    await run("too-large-for-both", large);
    const hits = await drain({ verifyRoom: true }).inject(cluster, victims);
    for (const { receipt, reason } of hits as { receipt: unknown; reason: string }[]) {
      assert.equal(receipt, null);
      assert.match(reason, /not begun: no room for virt-launcher-large-\w+, which asks for 20\.\dGi of memory/);
      assert.match(reason, /has 1\d\.\dGi of memory free/);
      assert.match(reason, /has the taint node-role\.kubernetes\.io\/control-plane/);
    }
    for (const { spec } of await cluster.kube.list<Node>(nodes)) assert.equal(spec.unschedulable, undefined);
    for (const { vmi } of victims) assert.equal((await vmiOf(vmi.name))!.status.evacuationNodeName ?? "", "");
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
