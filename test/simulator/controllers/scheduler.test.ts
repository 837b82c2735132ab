import assert from "node:assert/strict";
import type { KubeEvent, Node } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { Fixture } from "../fixture.ts";

const hostname = "kubernetes.io/hostname";

function change(fixture: Fixture, node: string, edit: (draft: Node) => void): void {
  fixture.simulation.store.mutate<Node>("nodes", undefined, node, edit);
}

/** What a pod that fits nowhere is told. */
function refusal(fixture: Fixture, name: string): string {
  fixture.until(() => condition(fixture.pod(name), "PodScheduled") !== undefined, 1);
  const scheduled = condition(fixture.pod(name), "PodScheduled")!;
  assert.deepEqual([scheduled.status, scheduled.reason], ["False", "Unschedulable"]);
  assert.ok(fixture.events(name).includes(`FailedScheduling: ${scheduled.message}`));
  return scheduled.message!;
}

function nodeOf(fixture: Fixture, name: string): string | undefined {
  return fixture.pod(name).spec.nodeName;
}

describe("the scheduler", () => {
  it("binds a pod within a second and says so", () => {
    const fixture = new Fixture();
    fixture.createPod("pod");
    fixture.until(() => nodeOf(fixture, "pod") !== undefined, 1);
    assert.equal(condition(fixture.pod("pod"), "PodScheduled")?.status, "True");
    assert.ok(
      fixture.events("pod").includes(`Scheduled: Successfully assigned default/pod to ${nodeOf(fixture, "pod")}`),
    );
  });

  it("says of each node why it cannot take a pod, in the words of the real one", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { nodeSelector: { "example/none": "here" } });
    assert.equal(
      refusal(fixture, "pod"),
      "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match Pod's node affinity/selector. " +
        "no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
    );
  });

  it("does not put a pod where its requests do not fit", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { containers: [{ name: "main", resources: { requests: { cpu: "9" } } }] });
    assert.match(
      refusal(fixture, "pod"),
      /^0\/4 nodes are available: 1 node\(s\) had untolerated taint\(s\), 3 Insufficient cpu\./,
    );
  });

  it("counts what is requested already, a finished pod's no longer", () => {
    const fixture = new Fixture({}, { workers: 1 });
    const half = { containers: [{ name: "main", resources: { requests: { cpu: "5" } } }] };
    fixture.runPod("first", half);
    fixture.createPod("second", half);
    assert.match(refusal(fixture, "second"), /1 Insufficient cpu, .* 1 No preemption victims found for incoming pod, /);
    fixture.simulation.store.delete("pods", "default", "first");
    fixture.until(() => nodeOf(fixture, "second") === "worker", 15);
  });

  it("does not put a pod on a node that lacks the devices it asks for", () => {
    const fixture = new Fixture();
    const device = { "devices.kubevirt.io/sev": "1" };
    fixture.createPod("pod", { containers: [{ name: "main", resources: { limits: device, requests: device } }] });
    assert.match(refusal(fixture, "pod"), /3 Insufficient devices\.kubevirt\.io\/sev/);
  });

  it("leaves cordoned nodes alone", () => {
    const fixture = new Fixture();
    for (const node of ["worker", "worker3"]) change(fixture, node, ({ spec }) => (spec.unschedulable = true));
    fixture.runPod("pod");
    assert.equal(nodeOf(fixture, "pod"), "worker2");
    assert.deepEqual(fixture.taints("worker"), ["node.kubernetes.io/unschedulable:NoSchedule"]);
    change(fixture, "worker2", ({ spec }) => (spec.unschedulable = true));
    fixture.createPod("late");
    assert.match(refusal(fixture, "late"), /3 node\(s\) were unschedulable/);
  });

  it("respects taints as a pod tolerates them", () => {
    const fixture = new Fixture();
    for (const node of ["worker", "worker2", "worker3"]) {
      change(fixture, node, ({ spec }) => (spec.taints = [{ key: "example", value: node, effect: "NoSchedule" }]));
    }
    fixture.createPod("pod", {
      tolerations: [{ key: "example", operator: "Equal", value: "worker2", effect: "NoSchedule" }],
    });
    fixture.until(() => nodeOf(fixture, "pod") === "worker2", 1);
    fixture.createPod("master", {
      tolerations: [{ key: "node-role.kubernetes.io/control-plane", operator: "Exists" }],
    });
    fixture.until(() => nodeOf(fixture, "master") === "control-plane", 1);
  });

  it("follows required node affinity", () => {
    const fixture = new Fixture();
    const nodeSelectorTerms = [
      { matchExpressions: [{ key: hostname, operator: "In", values: ["worker3", "absent"] }] },
    ];
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    for (let count = 0; count < 5; count++) {
      fixture.createPod(`pod${count}`, { affinity: { nodeAffinity } });
      fixture.until(() => nodeOf(fixture, `pod${count}`) === "worker3", 1);
    }
  });

  it("prefers the node of a preferred affinity, and takes another where that one is gone", () => {
    const fixture = new Fixture();
    const preference = { matchExpressions: [{ key: hostname, operator: "In", values: ["worker2"] }] };
    const nodeAffinity = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] };
    for (let count = 0; count < 8; count++) {
      fixture.runPod(`pod${count}`, { affinity: { nodeAffinity } });
      assert.equal(nodeOf(fixture, `pod${count}`), "worker2");
    }
    fixture.simulation.hands.powerOff("worker2");
    fixture.pass(70);
    fixture.runPod("later", { affinity: { nodeAffinity } });
    assert.notEqual(nodeOf(fixture, "later"), "worker2");
  });

  it("keeps pods apart that are required to be apart, and tells the one too many", () => {
    const fixture = new Fixture();
    const term = { labelSelector: { matchLabels: { app: "apart" } }, topologyKey: hostname };
    const affinity = { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    for (const name of ["a", "b", "c"]) fixture.runPod(name, { affinity }, { labels: { app: "apart" } });
    assert.equal(new Set(["a", "b", "c"].map((name) => nodeOf(fixture, name))).size, 3);
    fixture.createPod("d", { affinity }, { labels: { app: "apart" } });
    assert.match(refusal(fixture, "d"), /3 node\(s\) didn't match pod anti-affinity rules/);
    fixture.createPod("stranger", {}, { labels: { app: "apart" } });
    assert.match(refusal(fixture, "stranger"), /3 node\(s\) didn't satisfy existing pods anti-affinity rules/);
  });

  it("puts pods together that are required to be together", () => {
    const fixture = new Fixture();
    const term = { labelSelector: { matchLabels: { app: "group" } }, topologyKey: hostname };
    const affinity = { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } };
    for (const name of ["a", "b", "c"]) fixture.runPod(name, { affinity }, { labels: { app: "group" } });
    assert.equal(new Set(["a", "b", "c"].map((name) => nodeOf(fixture, name))).size, 1);
  });

  it("spreads pods that ask for much over the nodes", () => {
    const fixture = new Fixture();
    const containers = [{ name: "main", resources: { requests: { cpu: "2", memory: "8Gi" } } }];
    for (const name of ["a", "b", "c"]) fixture.runPod(name, { containers });
    assert.equal(new Set(["a", "b", "c"].map((name) => nodeOf(fixture, name))).size, 3);
  });

  it("tries again when a node becomes fit", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { nodeSelector: { "example/fit": "yes" } });
    fixture.pass(30);
    assert.equal(nodeOf(fixture, "pod"), undefined);
    change(fixture, "worker3", ({ metadata }) => (metadata.labels!["example/fit"] = "yes"));
    const after = fixture.until(() => nodeOf(fixture, "pod") === "worker3", 11);
    assert.ok(after < 0.1, `bound after ${after} s`);
  });

  it("does not try again for what cannot help, but after five minutes in any case", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { nodeSelector: { "example/fit": "yes" } });
    fixture.runPod("other");
    change(fixture, "worker3", ({ metadata }) => (metadata.labels!["example/fit"] = "no"));
    fixture.simulation.store.delete("pods", "default", "other");
    const tries = (): number | undefined =>
      fixture.simulation.store
        .list<KubeEvent>("events")
        .find(({ reason, involvedObject }) => reason === "FailedScheduling" && involvedObject.name === "pod")?.count;
    fixture.pass(290);
    assert.equal(tries(), 1);
    fixture.pass(15);
    assert.equal(tries(), 2);
  });

  it("does nothing while it is down, and catches up", () => {
    const fixture = new Fixture();
    fixture.world.setRunning("kube-scheduler", false);
    fixture.createPod("pod");
    fixture.pass(60);
    assert.equal(fixture.pod("pod").status.conditions, undefined);
    fixture.world.setRunning("kube-scheduler", true);
    fixture.until(() => nodeOf(fixture, "pod") !== undefined, 1);
  });
});
