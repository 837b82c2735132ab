import assert from "node:assert/strict";
import type { KubeObject, OwnerReference } from "../../../src/kube/objects.ts";
import { Fixture } from "../fixture.ts";

type Stored = Omit<KubeObject, "metadata"> & { metadata: Partial<KubeObject["metadata"]> };

function create(fixture: Fixture, name: string, metadata: Partial<KubeObject["metadata"]> = {}): KubeObject {
  const object: Stored = { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default", ...metadata } };
  return fixture.simulation.store.create<KubeObject>("configmaps", object);
}

function exists(fixture: Fixture, name: string): boolean {
  return fixture.simulation.store.get("configmaps", "default", name) !== undefined;
}

function owner({ metadata }: KubeObject): OwnerReference {
  return { apiVersion: "v1", kind: "ConfigMap", name: metadata.name, uid: metadata.uid, blockOwnerDeletion: true };
}

describe("the garbage collector", () => {
  it("deletes what a deleted object owned, and what that owned", () => {
    const fixture = new Fixture();
    const parent = create(fixture, "parent");
    const child = create(fixture, "child", { ownerReferences: [owner(parent)] });
    create(fixture, "grandchild", { ownerReferences: [owner(child)] });
    fixture.pass(1);
    fixture.simulation.store.delete("configmaps", "default", "parent");
    fixture.pass(1);
    assert.deepEqual([exists(fixture, "child"), exists(fixture, "grandchild")], [false, false]);
  });

  it("keeps what still has another owner", () => {
    const fixture = new Fixture();
    const [one, two] = [create(fixture, "one"), create(fixture, "two")];
    create(fixture, "child", { ownerReferences: [owner(one), owner(two)] });
    fixture.simulation.store.delete("configmaps", "default", "one");
    fixture.pass(1);
    assert.equal(exists(fixture, "child"), true);
    fixture.simulation.store.delete("configmaps", "default", "two");
    fixture.pass(1);
    assert.equal(exists(fixture, "child"), false);
  });

  it("deletes what is created for an owner that is gone, even if another has its name", () => {
    const fixture = new Fixture();
    const parent = create(fixture, "parent");
    fixture.simulation.store.delete("configmaps", "default", "parent");
    create(fixture, "parent");
    create(fixture, "child", { ownerReferences: [owner(parent)] });
    fixture.pass(1);
    assert.equal(exists(fixture, "child"), false);
  });

  it("holds an object deleted in the foreground until its dependents are gone", () => {
    const fixture = new Fixture();
    const parent = create(fixture, "parent", { finalizers: ["foregroundDeletion"] });
    create(fixture, "child", { ownerReferences: [owner(parent)], finalizers: ["example/hold"] });
    fixture.simulation.store.delete("configmaps", "default", "parent");
    fixture.pass(5);
    assert.deepEqual([exists(fixture, "parent"), exists(fixture, "child")], [true, true]);
    fixture.simulation.store.mutate<KubeObject>("configmaps", "default", "child", ({ metadata }) => {
      metadata.finalizers = [];
    });
    fixture.pass(1);
    assert.deepEqual([exists(fixture, "parent"), exists(fixture, "child")], [false, false]);
  });

  it("leaves the dependents of an orphaning deletion, without their owner", () => {
    const fixture = new Fixture();
    const parent = create(fixture, "parent", { finalizers: ["orphan"] });
    create(fixture, "child", { ownerReferences: [owner(parent)] });
    fixture.simulation.store.delete("configmaps", "default", "parent");
    fixture.pass(1);
    assert.deepEqual([exists(fixture, "parent"), exists(fixture, "child")], [false, true]);
    const child = fixture.simulation.store.get<KubeObject>("configmaps", "default", "child")!;
    assert.equal(child.metadata.ownerReferences, undefined);
  });
});

describe("a deleted namespace", () => {
  it("is Terminating until its pods have ended, then gone", () => {
    const fixture = new Fixture();
    const { store } = fixture.simulation;
    store.create("namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "lab" },
      spec: { finalizers: ["kubernetes"] },
      status: { phase: "Active" },
    } as never);
    fixture.createPod("pod", {}, { namespace: "lab" });
    fixture.pass(10);
    store.delete("namespaces", undefined, "lab");
    fixture.pass(0.2);
    const status = (store.get("namespaces", undefined, "lab") as unknown as { status: object }).status;
    assert.deepEqual(status, { phase: "Terminating" });
    fixture.until(() => store.get("namespaces", undefined, "lab") === undefined, 5);
    assert.equal(store.list("pods", "lab").length, 0);
  });
});

describe("a pod without a node", () => {
  it("that is deleted is gone at once", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { nodeSelector: { "example/none": "here" } });
    fixture.pass(5);
    fixture.simulation.store.delete("pods", "default", "pod");
    assert.equal(fixture.findPod("pod"), undefined);
  });
});
