import assert from "node:assert/strict";
import { condition, type Node, type Pod } from "../../../src/kube/objects.ts";
import type { Workload } from "../../../src/simulator/controllers/workload.ts";
import { Fixture } from "../fixture.ts";

function podsOf(fixture: Fixture, app: string): Pod[] {
  return fixture.simulation.store
    .list<Pod>("pods", "kubevirt")
    .filter(({ metadata }) => metadata.labels?.["kubevirt.io"] === app);
}

function isReady(pod: Pod): boolean {
  return condition(pod, "Ready")?.status === "True";
}

function scale(fixture: Fixture, name: string, replicas: number): void {
  fixture.simulation.store.mutate<Workload>("deployments", "kubevirt", name, ({ spec }) => {
    spec.replicas = replicas;
  });
}

describe("a deployment", () => {
  it("makes a deleted pod anew, bound by the scheduler to where its affinity allows", () => {
    const fixture = new Fixture();
    const [first, second] = podsOf(fixture, "virt-api");
    fixture.simulation.store.delete("pods", "kubevirt", first!.metadata.name);
    fixture.pass(60);
    const now = podsOf(fixture, "virt-api");
    assert.equal(now.length, 2);
    assert.ok(now.some(({ metadata }) => metadata.uid === second!.metadata.uid));
    assert.deepEqual(
      now.map((pod) => [pod.spec.nodeName, isReady(pod)]),
      [
        ["control-plane", true],
        ["control-plane", true],
      ],
    );
    const set = first!.metadata.ownerReferences![0]!.name;
    assert.ok(fixture.events(set).some((event) => event.startsWith("SuccessfulCreate: Created pod: virt-api-")));
  });

  it("has as many pods as it is scaled to, and with none its component does not run", () => {
    const fixture = new Fixture();
    scale(fixture, "virt-controller", 0);
    fixture.pass(60);
    assert.equal(podsOf(fixture, "virt-controller").length, 0);
    assert.ok(!fixture.world.up("virt-controller"));
    scale(fixture, "virt-controller", 3);
    fixture.pass(60);
    assert.equal(podsOf(fixture, "virt-controller").filter(isReady).length, 3);
    assert.ok(fixture.world.up("virt-controller"));
    const { status } = fixture.simulation.store.get<Workload>("deployments", "kubevirt", "virt-controller")!;
    assert.deepEqual([status?.["replicas"], status?.["readyReplicas"]], [3, 3]);
  });

  it("replaces its pods when its template changes", () => {
    const fixture = new Fixture();
    fixture.simulation.store.mutate<Workload>("deployments", "kubevirt", "virt-api", ({ spec }) => {
      spec.template.spec.containers[0]!.image = "quay.io/kubevirt/virt-api:v1.9.1";
    });
    fixture.pass(90);
    const images = podsOf(fixture, "virt-api").map(({ spec }) => spec.containers[0]!.image);
    assert.deepEqual(images, ["quay.io/kubevirt/virt-api:v1.9.1", "quay.io/kubevirt/virt-api:v1.9.1"]);
  });

  it("takes its pods with it when it is deleted", () => {
    const fixture = new Fixture();
    fixture.simulation.store.delete("deployments", "kubevirt", "virt-operator");
    fixture.pass(90);
    assert.deepEqual(podsOf(fixture, "virt-operator"), []);
  });
});

describe("a daemon set", () => {
  const on = (fixture: Fixture, node: string): Pod[] =>
    podsOf(fixture, "virt-handler").filter(({ spec }) => spec.nodeName === node);

  it("has a pod on every node whose taints it tolerates, owned by it", () => {
    const fixture = new Fixture();
    const handlers = podsOf(fixture, "virt-handler");
    assert.deepEqual(handlers.map(({ spec }) => spec.nodeName).sort(), ["worker", "worker2", "worker3"]);
    assert.deepEqual([...new Set(handlers.map(({ metadata }) => metadata.ownerReferences?.[0]?.kind))], ["DaemonSet"]);
  });

  it("makes a deleted pod anew on the same node", () => {
    const fixture = new Fixture();
    const [before] = on(fixture, "worker2");
    fixture.simulation.store.delete("pods", "kubevirt", before!.metadata.name, { gracePeriodSeconds: 0 });
    fixture.pass(60);
    const [now, ...more] = on(fixture, "worker2");
    assert.notEqual(now!.metadata.uid, before!.metadata.uid);
    assert.ok(isReady(now!));
    assert.deepEqual(more, []);
  });

  it("waits for the pod's init container after a boot, and its pod is Pending meanwhile", () => {
    const fixture = new Fixture();
    const [pod] = on(fixture, "worker2");
    fixture.simulation.hands.powerOff("worker2");
    fixture.simulation.hands.powerOn("worker2");
    const phaseOf = () => fixture.simulation.store.get<Pod>("pods", "kubevirt", pod!.metadata.name)?.status.phase;
    fixture.until(() => phaseOf() === "Pending", 30);
    const waited = fixture.until(() => phaseOf() === "Running", 30);
    assert.ok(waited > 3 && waited < 6, `${waited} s`);
  });

  it("keeps its pod on a silent node, loses it to the out-of-service taint, and waits for the taint to go", () => {
    const fixture = new Fixture();
    const { store, hands } = fixture.simulation;
    const [before] = on(fixture, "worker");
    hands.powerOff("worker");
    fixture.pass(400);
    assert.equal(on(fixture, "worker")[0]?.metadata.deletionTimestamp, undefined);
    const taint = { key: "node.kubernetes.io/out-of-service", value: "nodeshutdown", effect: "NoExecute" as const };
    store.mutate<Node>("nodes", undefined, "worker", ({ spec }) => void (spec.taints ??= []).push(taint));
    fixture.pass(60);
    assert.deepEqual(on(fixture, "worker"), []);
    hands.powerOn("worker");
    fixture.pass(60);
    assert.deepEqual(on(fixture, "worker"), []);
    store.mutate<Node>("nodes", undefined, "worker", ({ spec }) => {
      spec.taints = spec.taints!.filter(({ key }) => key !== taint.key);
    });
    fixture.pass(60);
    const [now] = on(fixture, "worker");
    assert.notEqual(now?.metadata.uid, before!.metadata.uid);
    assert.ok(isReady(now!));
  });
});
