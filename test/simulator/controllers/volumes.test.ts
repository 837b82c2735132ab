import assert from "node:assert/strict";
import type { Node } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import type { Claim } from "../../../src/simulator/controllers/claims.ts";
import { Fixture } from "../fixture.ts";

const uses = { volumes: [{ name: "disk", persistentVolumeClaim: { claimName: "disk" } }] };

function createClaim(fixture: Fixture, accessMode = "ReadWriteOnce"): void {
  fixture.simulation.store.create<Claim>("persistentvolumeclaims", {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "disk", namespace: "default" },
    spec: { accessModes: [accessMode], resources: { requests: { storage: "2Gi" } } },
    status: { phase: "Pending" },
  });
}

function claim(fixture: Fixture): Claim {
  return fixture.simulation.store.get<Claim>("persistentvolumeclaims", "default", "disk")!;
}

/** A pod with the claim runs, its node is lost, and the pod is taken away by force; a second is to follow it. */
function lostWithVolume(fixture: Fixture, accessMode?: string): string {
  createClaim(fixture, accessMode);
  const node = fixture.runPod("first", uses).spec.nodeName!;
  fixture.simulation.hands.powerOff(node);
  fixture.pass(60);
  fixture.simulation.store.delete("pods", "default", "first", { gracePeriodSeconds: 0 });
  fixture.createPod("second", uses);
  return node;
}

describe("a volume claim", () => {
  it("on network storage is bound within seconds, and its pod starts with the volume attached", () => {
    const fixture = new Fixture();
    createClaim(fixture);
    fixture.createPod("first", uses);
    fixture.pass(0.1);
    assert.match(
      condition(fixture.pod("first"), "PodScheduled")!.message!,
      /^0\/4 nodes are available: pod has unbound immediate PersistentVolumeClaims\. no new claims to deallocate, /,
    );
    fixture.until(() => claim(fixture).status?.phase === "Bound", 3);
    fixture.until(() => fixture.isReady("first"), 20);
    assert.deepEqual(claim(fixture).status?.capacity, { storage: "2Gi" });
    assert.ok(fixture.events("first").some((event) => event.startsWith("SuccessfulAttachVolume: ")));
  });

  it("on local storage waits for its first consumer", () => {
    const fixture = new Fixture({ storage: "local" });
    createClaim(fixture);
    fixture.pass(60);
    assert.equal(claim(fixture).status?.phase, "Pending");
    assert.ok(fixture.events("disk").some((event) => event.startsWith("WaitForFirstConsumer: ")));
    fixture.runPod("first", uses);
    assert.equal(claim(fixture).status?.phase, "Bound");
  });

  it("that does not exist keeps a pod from being scheduled until it does", () => {
    const fixture = new Fixture();
    fixture.createPod("first", uses);
    fixture.pass(5);
    const message = condition(fixture.pod("first"), "PodScheduled")!.message!;
    assert.match(message, /^0\/4 nodes are available: persistentvolumeclaim "disk" not found\./);
    createClaim(fixture);
    fixture.until(() => fixture.isReady("first"), 20);
  });

  it("takes its volume with it when it is deleted", () => {
    const fixture = new Fixture();
    createClaim(fixture);
    fixture.runPod("first", uses);
    fixture.simulation.store.delete("pods", "default", "first");
    fixture.simulation.store.delete("persistentvolumeclaims", "default", "disk");
    assert.deepEqual(fixture.simulation.store.list("persistentvolumes"), []);
  });
});

describe("a network volume that one node may write", () => {
  it("follows its pod at once from a node that is well", () => {
    const fixture = new Fixture();
    createClaim(fixture);
    const node = fixture.runPod("first", uses).spec.nodeName!;
    fixture.simulation.store.mutate<Node>("nodes", undefined, node, ({ spec }) => (spec.unschedulable = true));
    fixture.simulation.store.delete("pods", "default", "first");
    fixture.createPod("second", uses);
    const after = fixture.until(() => fixture.isReady("second"), 20);
    assert.ok(after < 10, `ready after ${after} s`);
  });

  it("holds up its pod for the six minutes until it is detached from a dead node by force", () => {
    const fixture = new Fixture();
    lostWithVolume(fixture);
    const after = fixture.until(() => fixture.isReady("second"), 400);
    assert.ok(after > 360 && after < 370, `ready after ${after} s`);
    assert.ok(fixture.events("second").some((event) => event.startsWith("FailedAttachVolume: Multi-Attach error")));
  });

  it("is free at once when the dead node is declared out of service", () => {
    const fixture = new Fixture();
    const node = lostWithVolume(fixture);
    fixture.simulation.store.mutate<Node>("nodes", undefined, node, ({ spec }) => {
      spec.taints = [...spec.taints!, { key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
    });
    const after = fixture.until(() => fixture.isReady("second"), 30);
    assert.ok(after < 10, `ready after ${after} s`);
  });
});

describe("a network volume that many nodes may write", () => {
  it("is attached to another node while the first is dead", () => {
    const fixture = new Fixture();
    lostWithVolume(fixture, "ReadWriteMany");
    const after = fixture.until(() => fixture.isReady("second"), 30);
    assert.ok(after < 10, `ready after ${after} s`);
  });
});

describe("a local volume", () => {
  it("keeps its pod off every other node", () => {
    const fixture = new Fixture({ storage: "local" });
    const node = lostWithVolume(fixture);
    fixture.pass(600);
    assert.match(
      condition(fixture.pod("second"), "PodScheduled")!.message!,
      /2 node\(s\) didn't match PersistentVolume's node affinity, 2 node\(s\) had untolerated taint\(s\)\./,
    );
    fixture.simulation.hands.powerOn(node);
    fixture.until(() => fixture.isReady("second"), 60);
    assert.equal(fixture.pod("second").spec.nodeName, node);
  });
});
