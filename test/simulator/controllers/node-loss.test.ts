import assert from "node:assert/strict";
import type { Node, Pod } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { Fixture } from "../fixture.ts";

function onNode(fixture: Fixture, name: string): string {
  return fixture.runPod(name).spec.nodeName!;
}

function addTaint(fixture: Fixture, node: string, key: string): void {
  fixture.simulation.store.mutate<Node>("nodes", undefined, node, (draft) => {
    draft.spec.taints = [...(draft.spec.taints ?? []), { key, value: "nodeshutdown", effect: "NoExecute" }];
  });
}

describe("a node that loses its power", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    it(`is Unknown 40 to 55 s later, its pods marked for deletion 300 s after its taint (seed ${seed})`, () => {
      const fixture = new Fixture({}, { seed });
      const node = onNode(fixture, "pod");
      fixture.simulation.hands.powerOff(node);
      const unknownAfter = fixture.until(() => fixture.nodeReady(node) === "Unknown", 60);
      assert.ok(unknownAfter >= 40 && unknownAfter <= 55.1, `Unknown after ${unknownAfter} s`);
      const ready = condition(fixture.node(node), "Ready")!;
      assert.equal(ready.reason, "NodeStatusUnknown");
      assert.equal(ready.message, "Kubelet stopped posting node status.");
      fixture.until(() => fixture.taints(node).length === 2, 1);
      assert.deepEqual(fixture.taints(node).sort(), [
        "node.kubernetes.io/unreachable:NoExecute",
        "node.kubernetes.io/unreachable:NoSchedule",
      ]);
      const markedAfter = fixture.until(() => fixture.pod("pod").metadata.deletionTimestamp !== undefined, 310);
      assert.ok(markedAfter > 299 && markedAfter < 301, `marked after ${markedAfter} s`);
    });
  }

  it("leaves its pods as they were reported last, but not ready, and Terminating for ever once marked", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(60);
    const pod = fixture.pod("pod");
    assert.equal(pod.status.phase, "Running");
    assert.equal(condition(pod, "Ready")?.status, "False");
    assert.equal(condition(pod, "ContainersReady")?.status, "True");
    assert.ok(pod.status.containerStatuses?.[0]?.state.running);
    assert.ok(fixture.events("pod").includes("NodeNotReady: Node is not ready"));
    assert.ok(fixture.events(node).includes(`NodeNotReady: Node ${node} status is now: NodeNotReady`));
    fixture.pass(3600);
    assert.equal(fixture.pod("pod").status.phase, "Running");
    assert.equal(condition(fixture.pod("pod"), "DisruptionTarget")?.reason, "DeletionByTaintManager");
    assert.ok(fixture.events("pod").includes("TaintManagerEviction: Marking for deletion Pod default/pod"));
  });

  it("takes its pods with it when its Node object is deleted: 40 to 60 s later they are collected", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(120);
    fixture.simulation.store.delete("nodes", undefined, node);
    let last = fixture.pod("pod");
    fixture.simulation.store.subscribe(({ resource, object }) => {
      if (resource === "pods") last = object as typeof last;
    });
    const goneAfter = fixture.until(() => fixture.findPod("pod") === undefined, 90);
    assert.ok(goneAfter >= 40 && goneAfter <= 60.1, `gone after ${goneAfter} s`);
    assert.equal(last.status.phase, "Failed");
    assert.equal(condition(last, "DisruptionTarget")?.reason, "DeletionByPodGC");
  });

  it("gives its pods up within 20 s of the out-of-service taint, without waiting for the 300 s", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(70);
    assert.equal(fixture.pod("pod").metadata.deletionTimestamp, undefined);
    addTaint(fixture, node, "node.kubernetes.io/out-of-service");
    const goneAfter = fixture.until(() => fixture.findPod("pod") === undefined, 30);
    assert.ok(goneAfter <= 20.1, `gone after ${goneAfter} s`);
  });

  it("lets go of a pod that is force-deleted, at once", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(10);
    fixture.simulation.store.delete("pods", "default", "pod", { gracePeriodSeconds: 0 });
    assert.equal(fixture.findPod("pod"), undefined);
  });

  it("finds the containers gone when it comes back in time: the pod fails, and is not deleted", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(100);
    fixture.simulation.hands.powerOn(node);
    fixture.pass(30);
    const pod = fixture.pod("pod");
    assert.equal(pod.status.phase, "Failed");
    assert.deepEqual(
      [pod.status.containerStatuses?.[0]?.state.terminated?.exitCode, pod.metadata.deletionTimestamp],
      [255, undefined],
    );
    assert.equal(fixture.nodeReady(node), "True");
    assert.deepEqual(fixture.taints(node), []);
    assert.ok(fixture.events("pod").includes("TaintManagerEviction: Cancelling deletion of Pod default/pod"));
  });

  it("finishes the pods marked meanwhile when it comes back late", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.pass(400);
    fixture.simulation.hands.powerOn(node);
    fixture.until(() => fixture.findPod("pod") === undefined, 20);
  });

  it("registers itself anew when its Node object was deleted meanwhile", () => {
    const fixture = new Fixture();
    const before = fixture.node("worker").metadata.uid;
    fixture.simulation.hands.powerOff("worker");
    fixture.simulation.store.delete("nodes", undefined, "worker");
    fixture.pass(100);
    assert.equal(fixture.node("worker"), undefined);
    fixture.simulation.hands.powerOn("worker");
    fixture.until(() => fixture.node("worker") !== undefined, 15);
    assert.equal(condition(fixture.node("worker"), "Ready")?.message, "CSINode is not yet initialized");
    assert.deepEqual(fixture.taints("worker"), ["node.kubernetes.io/not-ready:NoSchedule"]);
    fixture.until(() => fixture.nodeReady("worker") === "True", 1);
    fixture.until(() => fixture.taints("worker").length === 0, 1);
    assert.ok(fixture.events("worker").includes("NodeReady: Node worker status is now: NodeReady"));
    assert.notEqual(fixture.node("worker").metadata.uid, before);
  });
});

describe("a node that goes and comes as an object", () => {
  it("is bid farewell and welcomed by the node controller, and judged anew by its kubelet", () => {
    const fixture = new Fixture();
    fixture.pass(10);
    assert.deepEqual(fixture.events("worker"), []);
    fixture.simulation.store.delete("nodes", undefined, "worker");
    fixture.pass(10);
    assert.deepEqual(fixture.events("worker"), [
      "RemovingNode: Node worker event: Removing Node worker from Controller",
    ]);
    fixture.simulation.hands.stopKubelet("worker");
    fixture.simulation.hands.startKubelet("worker");
    fixture.pass(10);
    const reasons = fixture.events("worker").map((event) => event.split(":")[0]);
    for (const reason of ["Starting", "NodeHasSufficientMemory", "NodeHasSufficientPID", "RegisteredNode"]) {
      assert.ok(reasons.includes(reason), reason);
    }
  });

  it("is not registered by a kubelet that only goes on", () => {
    const fixture = new Fixture();
    fixture.simulation.store.delete("nodes", undefined, "worker");
    fixture.pass(120);
    assert.equal(fixture.node("worker"), undefined);
  });
});

describe("a node that is started again", () => {
  function tellsOfReboot(sharedKernel: boolean): boolean {
    const fixture = new Fixture({ sharedKernel });
    fixture.simulation.hands.powerOff("worker");
    fixture.simulation.hands.powerOn("worker");
    fixture.pass(20);
    return fixture.events("worker").some((event) => event.startsWith("Rebooted"));
  }

  it("tells of its reboot", () => {
    assert.equal(tellsOfReboot(false), true);
  });

  it("has the boot id of its machine where it is a container, and tells of none", () => {
    assert.equal(tellsOfReboot(true), false);
  });
});

describe("a pod that waits for the end of its toleration", () => {
  function waiting(): { fixture: Fixture; node: string } {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.powerOff(node);
    fixture.until(() => fixture.taints(node).length === 2, 70);
    fixture.pass(1);
    return { fixture, node };
  }
  const evictions = (fixture: Fixture): string[] =>
    fixture.events("pod").filter((event) => event.startsWith("TaintManagerEviction"));
  const cancelled = "TaintManagerEviction: Cancelling deletion of Pod default/pod";
  const marked = "TaintManagerEviction: Marking for deletion Pod default/pod";

  it("is said to be spared when somebody else deletes it", () => {
    const { fixture } = waiting();
    fixture.simulation.store.delete("pods", "default", "pod", { gracePeriodSeconds: 0 });
    fixture.pass(0.1);
    assert.deepEqual(evictions(fixture), [cancelled]);
  });

  it("goes at once with a taint that it does not tolerate", () => {
    const { fixture, node } = waiting();
    addTaint(fixture, node, "node.kubernetes.io/out-of-service");
    fixture.pass(1);
    assert.deepEqual(evictions(fixture), [cancelled, marked]);
  });

  it("stays when it is given more patience", () => {
    const { fixture } = waiting();
    fixture.simulation.store.mutate<Pod>("pods", "default", "pod", ({ spec }) => {
      spec.tolerations = [{ operator: "Exists" }];
    });
    fixture.pass(400);
    assert.deepEqual(evictions(fixture), [cancelled]);
    assert.equal(fixture.pod("pod").metadata.deletionTimestamp, undefined);
  });

  it("is waited for no shorter when another taint with less patience comes", () => {
    const { fixture, node } = waiting();
    fixture.simulation.store.mutate<Pod>("pods", "default", "pod", ({ spec }) => {
      spec.tolerations = [...spec.tolerations!, { key: "hot", operator: "Exists", tolerationSeconds: 10 }];
    });
    addTaint(fixture, node, "hot");
    fixture.pass(100);
    assert.equal(fixture.pod("pod").metadata.deletionTimestamp, undefined);
    fixture.until(() => fixture.pod("pod").metadata.deletionTimestamp !== undefined, 201);
  });
});

describe("a node that is cut off", () => {
  it("keeps its pods running, and has them ready again when the cut heals before their toleration is over", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    const { uid } = fixture.pod("pod").metadata;
    fixture.simulation.hands.disconnect(node);
    fixture.pass(200);
    assert.equal(fixture.isReady("pod"), false);
    fixture.simulation.hands.connect(node);
    fixture.pass(60);
    assert.equal(fixture.isReady("pod"), true);
    assert.equal(fixture.pod("pod").metadata.uid, uid);
    assert.equal(fixture.pod("pod").status.containerStatuses?.[0]?.restartCount, 0);
    assert.deepEqual(fixture.taints(node), []);
    fixture.pass(400);
    assert.equal(fixture.pod("pod").metadata.deletionTimestamp, undefined);
  });

  it("is Ready again within its status period of 10 s", () => {
    const fixture = new Fixture();
    fixture.simulation.hands.disconnect("worker");
    fixture.pass(100);
    fixture.simulation.hands.connect("worker");
    const after = fixture.until(() => fixture.nodeReady("worker") === "True", 20);
    assert.ok(after <= 10.1, `Ready after ${after} s`);
  });

  it("stops the containers of a pod that was force-deleted meanwhile only when the cut heals", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.disconnect(node);
    fixture.pass(100);
    fixture.simulation.store.delete("pods", "default", "pod", { gracePeriodSeconds: 0 });
    fixture.pass(100);
    assert.equal(fixture.runs("pod"), true);
    fixture.simulation.hands.connect(node);
    fixture.pass(10);
    assert.equal(fixture.runs("pod"), false);
  });

  it("ends its pods when it heals after they were marked for deletion", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.disconnect(node);
    fixture.pass(400);
    assert.equal(fixture.pod("pod").status.phase, "Running");
    fixture.simulation.hands.connect(node);
    fixture.until(() => fixture.findPod("pod") === undefined, 10);
  });
});

describe("a frozen node", () => {
  it("goes on where it stood when it thaws", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.freeze(node);
    fixture.pass(120);
    assert.equal(fixture.nodeReady(node), "Unknown");
    fixture.simulation.hands.thaw(node);
    fixture.pass(30);
    assert.equal(fixture.nodeReady(node), "True");
    assert.equal(fixture.isReady("pod"), true);
  });
});

describe("a node that slept for more than three minutes", () => {
  it("says first that its runtime and its relist are silent, and is ready with the next post", () => {
    const fixture = new Fixture();
    const node = onNode(fixture, "pod");
    fixture.simulation.hands.freeze(node);
    fixture.pass(200);
    fixture.simulation.hands.thaw(node);
    fixture.pass(2);
    const { status, spec } = fixture.simulation.store.get<Node>("nodes", undefined, node)!;
    const ready = condition({ status }, "Ready")!;
    assert.equal(ready.status, "False");
    assert.match(
      ready.message!,
      /^\[container runtime is down, PLEG is not healthy: .* 3m20s ago; threshold is 3m0s\]$/,
    );
    assert.ok(spec.taints?.some(({ key }) => key === "node.kubernetes.io/not-ready"));
    fixture.pass(15);
    assert.equal(fixture.nodeReady(node), "True");
  });
});

describe("many nodes at once", () => {
  it("are tainted for eviction one in ten seconds", () => {
    const fixture = new Fixture({}, { workers: 6 });
    const lost = ["worker", "worker2", "worker3"];
    for (const node of lost) fixture.simulation.hands.powerOff(node);
    const evicting = (): number =>
      lost.filter((node) => fixture.taints(node).includes("node.kubernetes.io/unreachable:NoExecute")).length;
    fixture.until(() => evicting() === 1, 60);
    const second = fixture.until(() => evicting() === 2, 30);
    const third = fixture.until(() => evicting() === 3, 30);
    for (const gap of [second, third]) assert.ok(gap > 9.5 && gap < 10.5, `${gap} s apart`);
  });

  it("are not tainted for eviction at all where they are more than two and most of a small zone", () => {
    const fixture = new Fixture({}, { workers: 3 });
    for (const node of ["worker", "worker2", "worker3"]) fixture.simulation.hands.powerOff(node);
    fixture.pass(600);
    const evicting = ["worker", "worker2", "worker3"].filter((node) =>
      fixture.taints(node).includes("node.kubernetes.io/unreachable:NoExecute"),
    );
    assert.ok(evicting.length <= 1, `${evicting.length} tainted`);
    assert.ok(fixture.taints("worker").includes("node.kubernetes.io/unreachable:NoSchedule"));
  });
});

describe("the controller manager", () => {
  it("gives every node a new grace period when it comes back", () => {
    const fixture = new Fixture();
    fixture.world.setRunning("kube-controller-manager", false);
    fixture.simulation.hands.powerOff("worker");
    fixture.pass(300);
    assert.equal(fixture.nodeReady("worker"), "True");
    fixture.world.setRunning("kube-controller-manager", true);
    const after = fixture.until(() => fixture.nodeReady("worker") === "Unknown", 70);
    assert.ok(after >= 50 && after <= 60.1, `Unknown after ${after} s`);
  });
});

describe("the control plane's node", () => {
  it("takes the API with it when it loses its power, and brings it back some seconds after it booted", () => {
    const fixture = new Fixture();
    fixture.runPod("pod");
    fixture.simulation.hands.powerOff("control-plane");
    assert.equal(fixture.world.up("kube-apiserver"), false);
    fixture.pass(120);
    fixture.simulation.hands.powerOn("control-plane");
    assert.equal(fixture.world.up("kube-apiserver"), false);
    const after = fixture.until(() => fixture.world.up("kube-apiserver"), 20);
    assert.ok(after > 5 && after < 19, `back after ${after} s`);
    fixture.pass(120);
    const nodes = ["control-plane", "worker", "worker2", "worker3"];
    assert.deepEqual(
      nodes.map((node) => fixture.nodeReady(node)),
      ["True", "True", "True", "True"],
    );
    assert.equal(fixture.isReady("pod"), true);
    assert.equal(fixture.world.up("virt-api") && fixture.world.up("virt-controller"), true);
  });
});

describe("a zone in which every node is silent", () => {
  it("has no pod evicted, and its nodes a new grace period when one is back", () => {
    const fixture = new Fixture({}, { workers: 2 });
    const nodes = ["control-plane", "worker", "worker2"];
    for (const node of nodes) fixture.simulation.hands.stopKubelet(node);
    fixture.pass(600);
    assert.deepEqual(
      nodes.map((node) => fixture.nodeReady(node)),
      ["Unknown", "Unknown", "Unknown"],
    );
    for (const node of nodes) assert.ok(!fixture.taints(node).includes("node.kubernetes.io/unreachable:NoExecute"));
    fixture.simulation.hands.startKubelet("worker");
    fixture.until(() => fixture.taints("worker2").includes("node.kubernetes.io/unreachable:NoExecute"), 30);
    assert.ok(!fixture.taints("worker").includes("node.kubernetes.io/unreachable:NoExecute"));
  });
});
