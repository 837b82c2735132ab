import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { nodeShutdown } from "../../src/faults/node-shutdown.ts";
import type { Fault, Victim } from "../../src/faults/fault.ts";
import type { Node } from "../../src/kube/objects.ts";
import { configMaps, namespaces, nodes } from "../../src/kube/resources.ts";
import { ClusterJournal } from "../../src/safety/cluster-journal.ts";
import { home } from "../../src/safety/cluster-lease.ts";
import { memoryJournal, runLabel } from "../../src/safety/undo-journal.ts";
import { UndoStack } from "../../src/safety/undo-stack.ts";
import { registerNode, revertFault, undoStep, type UndoStep } from "../../src/safety/undo-step.ts";

describe("undoing", () => {
  let cluster: Cluster;
  let reverted: string[];
  let undo: UndoStack;

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 2 });
    reverted = [];
    undo = new UndoStack(cluster, memoryJournal("r1"), async ({ fault }) => faultOf(fault.name));
  });

  afterEach(() => cluster[Symbol.asyncDispose]());

  function faultOf(name: string): Fault {
    const revert = async () => {
      reverted.push(name);
      if (name.startsWith("stubborn")) throw new Error("it will not");
      if (name.startsWith("endless")) await new Promise(() => {});
    };
    return { ...nodeShutdown(), name, revert };
  }
  const step = (name: string) => revertFault({ name, parameters: {} }, [], null);

  it("goes backwards, through all of it, and says what failed", async () => {
    for (const name of ["first", "stubborn", "last"]) await undo.push(step(name));
    assert.deepEqual(await undo.unwind(), ["fault stubborn on nothing: it will not"]);
    assert.deepEqual(reverted, ["last", "stubborn", "first"]);
  });

  it("goes as deep as it is told, and tries again what failed", async () => {
    await undo.push(step("deployed"));
    const { depth } = undo;
    await undo.push(step("stubborn"));
    await undo.push(step("disturbed"));
    assert.equal((await undo.unwind(depth)).length, 1);
    assert.deepEqual(reverted, ["disturbed", "stubborn"]);
    await undo.unwind();
    assert.deepEqual(reverted, ["disturbed", "stubborn", "stubborn", "deployed"]);
  });

  it("gives each step a time of its own", async () => {
    for (const name of ["first", "endless one", "endless other"]) await undo.push(step(name));
    // A deadline alone makes no virtual time pass.
    const unwinding = undo.unwind();
    await cluster.clock.sleep(700_000);
    const failures = await unwinding;
    assert.equal(failures.length, 2);
    assert.match(failures[0]!, /^fault endless other on nothing: waited 300 s for/);
    assert.deepEqual(reverted, ["endless other", "endless one", "first"]);
  });

  it("deletes what the run made, and nothing else of that name", async () => {
    const make = (name: string, run: string) =>
      cluster.kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { [runLabel]: run } } });
    await make("ours", "r1");
    await make("theirs", "r0");
    for (const name of ["ours", "theirs", "never-made"]) await undo.push({ do: "delete", resource: namespaces, name });
    assert.deepEqual(await undo.unwind(), []);
    assert.equal(await cluster.kube.get(namespaces, "ours"), null, "and waits until it is gone");
    assert.notEqual(await cluster.kube.get(namespaces, "theirs"), null);
  });

  it("is written into a shared cluster for as long as there is anything to undo", async () => {
    const { kube } = cluster;
    await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: home } });
    const shared = new UndoStack(cluster, new ClusterJournal(kube, { run: "r1", lines: [] }), async ({ fault }) =>
      faultOf(fault.name),
    );
    await shared.push(step("first"));
    await shared.push(step("stubborn"));
    await shared.unwind();
    const left = await ClusterJournal.find(kube);
    assert.equal(left?.run, "r1");
    const again = new ClusterJournal(kube, left);
    assert.deepEqual(
      again.outstanding.map(({ step }) => step),
      [step("stubborn")],
    );
    for (const { id } of again.outstanding) await again.markDone(id);
    assert.equal(await kube.get(configMaps, "rebound-undo", home), null);
  });

  it("is all data: every step survives JSON, and what of a victim is secret does not", async () => {
    const manifest = { kind: "VirtualMachine", spec: { volumes: [{ cloudInitNoCloud: { userData: "hunter2" } }] } };
    const victim = {
      variant: { name: "a", manifests: [manifest] },
      vmi: { namespace: "default", name: "a", uid: "u" },
      node: "worker",
    } as unknown as Victim;
    const fault = revertFault(nodeShutdown({ how: "orderly" }), [victim], "/tmp/my.scenario.ts");
    const steps: UndoStep[] = [
      fault,
      { do: "delete", resource: namespaces, name: "x" },
      { do: "remove-taint", node: "worker", key: "k" },
      registerNode({
        metadata: { name: "worker", labels: { a: "b" } },
        spec: { taints: [{ key: "k", effect: "NoSchedule" }], unschedulable: true },
      } as unknown as Node),
    ];
    for (const each of steps) assert.deepEqual(undoStep.parse(JSON.parse(JSON.stringify(each))), each);
    assert.doesNotMatch(JSON.stringify(fault), /hunter2/);
  });

  it("takes a fault back that another process injected", async () => {
    const victims = [
      { variant: { name: "a", manifests: [] }, vmi: { namespace: "default", name: "a", uid: "u" }, node: "worker" },
    ] as unknown as Victim[];
    await nodeShutdown().inject(cluster, victims);
    const { findWrittenFault } = await import("../../src/safety/find-fault.ts");
    const written = JSON.parse(JSON.stringify(revertFault(nodeShutdown(), victims, "/gone.scenario.ts"))) as UndoStep;
    const later = new UndoStack(cluster, memoryJournal(), findWrittenFault, [{ id: 7, step: undoStep.parse(written) }]);
    assert.deepEqual(await later.unwind(), []);
    await cluster.clock.sleep(60_000);
    const ready = (await cluster.kube.get<Node>(nodes, "worker"))!.status.conditions!.find(
      ({ type }) => type === "Ready",
    );
    assert.equal(ready?.status, "True");
  });
});
