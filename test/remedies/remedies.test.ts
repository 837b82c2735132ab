import assert from "node:assert/strict";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Victim } from "../../src/faults/fault.ts";
import type { Node } from "../../src/kube/objects.ts";
import { nodes } from "../../src/kube/resources.ts";
import { remedies } from "../../src/remedies/catalogue.ts";
import { deleteNode } from "../../src/remedies/delete-node.ts";
import { outOfServiceTaint } from "../../src/remedies/out-of-service-taint.ts";
import { uncordon } from "../../src/remedies/uncordon.ts";
import { memoryJournal } from "../../src/safety/undo-journal.ts";
import { UndoStack } from "../../src/safety/undo-stack.ts";

describe("a remedy", () => {
  let cluster: Cluster;
  let undo: UndoStack;
  const victims = [{ node: "worker", vmi: { namespace: "default", name: "a", uid: "u" } }] as Victim[];

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 2 });
    undo = new UndoStack(cluster, memoryJournal(), () => assert.fail("no fault was injected"));
  });

  afterEach(() => cluster[Symbol.asyncDispose]());

  const node = () => cluster.kube.get<Node>(nodes, "worker");

  it("has a name of its own, that no phase has", () => {
    const names = remedies.map(({ name }) => name);
    assert.equal(new Set([...names, "observe", "return"]).size, names.length + 2);
  });

  it("taints the node beside what is on it, once, and takes only that back", async () => {
    const other = { key: "rack", value: "hot", effect: "PreferNoSchedule" as const };
    await cluster.kube.mergePatch(nodes, "worker", undefined, { spec: { taints: [other] } });
    await outOfServiceTaint().apply(cluster, victims, undo);
    await outOfServiceTaint().apply(cluster, victims, undo);
    const keys = ((await node())!.spec.taints ?? []).map(({ key }) => key);
    assert.deepEqual(keys, ["rack", "node.kubernetes.io/out-of-service"]);
    assert.deepEqual(await undo.unwind(), []);
    assert.deepEqual(
      ((await node())!.spec.taints ?? []).map(({ key }) => key),
      ["rack"],
    );
  });

  it("registers a node again that it deleted, with all that its kubelet does not know of", async () => {
    const own = { key: "rack", value: "hot", effect: "PreferNoSchedule" as const };
    await cluster.kube.mergePatch(nodes, "worker", undefined, {
      metadata: { labels: { rack: "7" }, annotations: { owner: "me" } },
      spec: { taints: [own], unschedulable: true },
    });
    await cluster.actuators.powerOff("worker");
    await cluster.clock.sleep(120_000);
    await deleteNode().apply(cluster, victims, undo);
    assert.equal(await node(), null);
    assert.deepEqual(await undo.unwind(), []);
    const { metadata, spec } = (await node())!;
    assert.equal(metadata.labels?.["rack"], "7");
    assert.equal(metadata.annotations?.["owner"], "me");
    assert.equal(spec.unschedulable, true);
    const taints = (spec.taints ?? []).filter(({ key }) => !key.startsWith("node.kubernetes.io/"));
    assert.deepEqual(taints, [own]);
    await cluster.actuators.powerOn("worker");
    await cluster.clock.sleep(60_000);
    const ready = (await node())!.status.conditions?.find(({ type }) => type === "Ready");
    assert.equal(ready?.status, "True");
  });

  it("leaves to a node's new object what is newer than what it had", async () => {
    await cluster.kube.mergePatch(nodes, "worker", undefined, { metadata: { labels: { rack: "7", row: "1" } } });
    await deleteNode().apply(cluster, victims, undo);
    await cluster.kube.create({ apiVersion: "v1", kind: "Node", metadata: { name: "worker", labels: { rack: "8" } } });
    assert.deepEqual(await undo.unwind(), []);
    const { rack, row } = (await node())!.metadata.labels!;
    assert.deepEqual([rack, row], ["8", "1"]);
  });

  it("uncordons also a node that somebody else had cordoned, and cordons that one again at the end", async () => {
    const isCordoned = async () => (await node())!.spec.unschedulable === true;
    await cluster.kube.mergePatch(nodes, "worker", undefined, { spec: { unschedulable: true } });
    await uncordon().apply(cluster, victims, undo);
    assert.equal(await isCordoned(), false);
    await undo.unwind();
    assert.equal(await isCordoned(), true);
  });
});
