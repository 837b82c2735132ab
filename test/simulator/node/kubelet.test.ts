import assert from "node:assert/strict";
import type { Node, Pod } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { Fixture, Puppet } from "../fixture.ts";

function exitOf(pod: Pod): { exitCode: number; reason?: string } | undefined {
  const terminated = pod.status.containerStatuses?.[0]?.state.terminated;
  return terminated && { exitCode: terminated.exitCode, reason: terminated.reason! };
}

describe("a kubelet", () => {
  it("brings a pod up in the order of a real one: sandbox, init containers, sidecar, main container", () => {
    const fixture = new Fixture();
    const seen: string[] = [];
    fixture.simulation.store.subscribe(({ resource, object }) => {
      if (resource !== "pods" || object.metadata.name !== "pod") return;
      const pod = object as Pod;
      const on = (pod.status.conditions ?? []).filter(({ status }) => status === "True").map(({ type }) => type);
      const state = [pod.status.phase, ...on].join(" ");
      if (seen.at(-1) !== state) seen.push(state);
    });
    fixture.runPod("pod", {
      initContainers: [
        { name: "log", image: "log", restartPolicy: "Always" },
        { name: "prepare", image: "prepare" },
      ],
    });
    assert.deepEqual(seen, [
      "Pending",
      "Pending PodScheduled",
      "Pending PodReadyToStartContainers PodScheduled",
      "Pending PodReadyToStartContainers Initialized PodScheduled",
      "Running PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled",
    ]);
    const pod = fixture.pod("pod");
    const init = pod.status["initContainerStatuses"] as NonNullable<Pod["status"]["containerStatuses"]>;
    assert.ok(init[0]!.state.running);
    assert.equal(init[1]!.state.terminated?.reason, "Completed");
    assert.ok(fixture.events("pod").includes("Started: Container started"));
  });

  it("gives a pod an address of its node's network, its node's address and a quality of service", () => {
    const fixture = new Fixture();
    const { status, spec } = fixture.runPod("pod");
    const index = ["control-plane", "worker", "worker2", "worker3"].indexOf(spec.nodeName!);
    assert.match(status.podIP!, new RegExp(`^10\\.244\\.${index}\\.\\d+$`));
    assert.equal(status.hostIP, `172.18.0.${index + 2}`);
    assert.equal(status.qosClass, "BestEffort");
  });

  it("does not call a pod ready before its readiness gates are", () => {
    const fixture = new Fixture();
    fixture.createPod("pod", { readinessGates: [{ conditionType: "example/gate" }] });
    fixture.pass(20);
    const ready = condition(fixture.pod("pod"), "Ready");
    assert.deepEqual([ready?.status, ready?.reason], ["False", "ReadinessGatesNotReady"]);
    fixture.simulation.store.mutate<Pod>("pods", "default", "pod", ({ status }) => {
      status.conditions = [...status.conditions!, { type: "example/gate", status: "True" }];
    });
    fixture.until(() => fixture.isReady("pod"), 1);
  });

  it("ends a deleted pod: SIGTERM, its last status, then the object is gone", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    fixture.runPod("pod");
    const phases: string[] = [];
    fixture.simulation.store.subscribe(({ object, resource }) => {
      if (resource === "pods") phases.push((object as Pod).status.phase!);
    });
    fixture.simulation.store.delete("pods", "default", "pod");
    assert.equal(fixture.pod("pod").metadata.deletionGracePeriodSeconds, 30);
    const goneAfter = fixture.until(() => fixture.findPod("pod") === undefined, 5);
    assert.deepEqual(
      puppet.signals.map(({ signal }) => signal),
      ["SIGTERM"],
    );
    assert.ok(goneAfter > 0.5 && goneAfter < 3, `gone after ${goneAfter} s`);
    assert.equal(phases.at(-1), "Succeeded");
    assert.ok(fixture.events("pod").includes("Killing: Stopping container main"));
  });

  it("fails a pod that is deleted before it ran, as it stands, with a container that it never had", () => {
    const fixture = new Fixture();
    fixture.createPod("pod");
    const statuses: Pod["status"][] = [];
    fixture.simulation.store.subscribe(({ resource, object }) => {
      if (resource === "pods" && object.metadata.name === "pod") statuses.push((object as Pod).status);
    });
    fixture.until(() => fixture.pod("pod").status.hostIP !== undefined, 2);
    fixture.simulation.store.delete("pods", "default", "pod");
    fixture.until(() => fixture.findPod("pod") === undefined, 10);
    const { phase, conditions, containerStatuses } = statuses.at(-1)!;
    assert.deepEqual(
      [phase, condition({ status: { conditions: conditions! } }, "Ready")?.reason],
      ["Failed", "ContainersNotReady"],
    );
    const { terminated } = containerStatuses![0]!.state;
    assert.deepEqual([terminated?.exitCode, terminated?.reason], [137, "ContainerStatusUnknown"]);
  });

  it("kills a container that ignores SIGTERM when the grace is over", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    puppet.obeysAfter = null;
    fixture.runPod("pod");
    const from = fixture.now;
    let last = fixture.pod("pod");
    fixture.simulation.store.subscribe(({ object, resource }) => {
      if (resource === "pods") last = object as Pod;
    });
    fixture.simulation.store.delete("pods", "default", "pod");
    fixture.until(() => fixture.findPod("pod") === undefined, 40);
    assert.deepEqual(
      puppet.signals.map(({ signal, at }) => [signal, Math.round(at - from)]),
      [
        ["SIGTERM", 0],
        ["SIGKILL", 30],
      ],
    );
    assert.deepEqual([last.status.phase, exitOf(last)], ["Failed", { exitCode: 137, reason: "Error" }]);
  });

  it("reports a container that ends by itself, and never restarts it under restartPolicy Never", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    fixture.runPod("pod");
    puppet.exit({ code: 3, reason: "Error" });
    fixture.pass(60);
    const pod = fixture.pod("pod");
    assert.deepEqual([pod.status.phase, exitOf(pod), puppet.starts], ["Failed", { exitCode: 3, reason: "Error" }, 1]);
    assert.equal(condition(pod, "Ready")?.reason, "PodFailed");
  });

  it("ends the sidecars when the main container has ended", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    fixture.runPod("pod", { initContainers: [{ name: "log", restartPolicy: "Always" }] });
    puppet.exit({ code: 0, reason: "Completed" });
    fixture.until(() => fixture.pod("pod").status.phase === "Succeeded", 3);
    assert.equal(condition(fixture.pod("pod"), "Ready")?.reason, "PodCompleted");
    assert.equal(fixture.runs("pod"), false);
  });

  it("restarts a container that keeps failing at once, then after 10, 20, 40 seconds", () => {
    const fixture = new Fixture();
    const startedAt: number[] = [];
    fixture.world.programs.push((_pod, _container, machine, exited) => {
      startedAt.push(fixture.now);
      machine.schedule(100, () => exited({ code: 1, reason: "Error" }));
      return { signal: () => undefined, probe: () => "success", memory: () => 0 };
    });
    fixture.createPod("pod", { restartPolicy: "Always" });
    fixture.pass(100);
    // The kubelet sees an exit at its next look at the containers, once a second.
    for (const [index, delay] of [0, 10, 20, 40].entries()) {
      const gap = startedAt[index + 1]! - startedAt[index]!;
      assert.ok(gap >= delay && gap < delay + 2, `${gap} s, not ${delay}`);
    }
    const waiting = fixture.pod("pod").status.containerStatuses?.[0]?.state.waiting;
    assert.equal(waiting?.reason, "CrashLoopBackOff");
  });
});

describe("a kubelet that is stopped", () => {
  it("leaves the containers running and says nothing; started again it goes on with them", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    const node = fixture.runPod("pod").spec.nodeName!;
    fixture.simulation.hands.stopKubelet(node);
    fixture.pass(120);
    assert.equal(fixture.nodeReady(node), "Unknown");
    assert.deepEqual(puppet.signals, []);
    fixture.simulation.hands.startKubelet(node);
    fixture.pass(20);
    assert.deepEqual([fixture.nodeReady(node), fixture.isReady("pod"), puppet.starts], ["True", true, 1]);
  });

  it("sees when started again what ended meanwhile", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    const node = fixture.runPod("pod").spec.nodeName!;
    fixture.simulation.hands.stopKubelet(node);
    fixture.pass(10);
    puppet.exit({ code: 0, reason: "Completed" });
    fixture.pass(20);
    assert.equal(fixture.pod("pod").status.phase, "Running");
    fixture.simulation.hands.startKubelet(node);
    fixture.until(() => fixture.pod("pod").status.phase === "Succeeded", 5);
  });

  it("refuses, started again, a running pod whose node selector no longer fits, and kills it within two seconds", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    puppet.obeysAfter = null;
    const label = (value: string) => (draft: Node) => {
      draft.metadata.labels = { ...draft.metadata.labels, "example/fit": value };
    };
    fixture.simulation.store.mutate<Node>("nodes", undefined, "worker2", label("true"));
    const node = fixture.runPod("pod", { nodeSelector: { "example/fit": "true" } }).spec.nodeName!;
    assert.equal(node, "worker2");
    fixture.simulation.store.mutate<Node>("nodes", undefined, node, label("false"));
    fixture.pass(30);
    assert.equal(fixture.isReady("pod"), true);
    fixture.simulation.hands.stopKubelet(node);
    fixture.pass(5);
    fixture.simulation.hands.startKubelet(node);
    fixture.until(() => fixture.pod("pod").status.phase === "Failed", 10);
    assert.equal(fixture.pod("pod").status.reason, "NodeAffinity");
    assert.deepEqual(
      puppet.signals.map(({ signal }) => signal),
      ["SIGTERM", "SIGKILL"],
    );
    assert.equal(puppet.signals[1]!.at - puppet.signals[0]!.at, 2);
  });
});

describe("a node that boots", () => {
  it("refuses a pod whose devices no plug-in has registered yet", () => {
    const fixture = new Fixture();
    const device = { "devices.kubevirt.io/kvm": "1" };
    const containers = [{ name: "main", resources: { requests: device, limits: device } }];
    const node = fixture.runPod("pod", { containers }).spec.nodeName!;
    fixture.simulation.hands.powerOff(node);
    fixture.pass(20);
    fixture.simulation.hands.powerOn(node);
    fixture.until(() => fixture.pod("pod").status.phase === "Failed", 25);
    assert.equal(fixture.pod("pod").status.reason, "UnexpectedAdmissionError");
    assert.ok(fixture.events(node).some((event) => event.startsWith("Rebooted: ")));
  });

  it("starts pods anew whose policy is to restart", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    const node = fixture.runPod("pod", { restartPolicy: "Always" }).spec.nodeName!;
    fixture.simulation.hands.powerOff(node);
    fixture.pass(20);
    fixture.simulation.hands.powerOn(node);
    fixture.until(() => puppet.starts === 2, 20);
    fixture.pass(2);
    assert.equal(fixture.pod("pod").status.containerStatuses?.[0]?.restartCount, 1);
    assert.ok(fixture.isReady("pod"));
  });
});

describe("an orderly shutdown", () => {
  it("without graceful node shutdown ends everything within a second, and nothing is reported", () => {
    const fixture = new Fixture();
    const node = fixture.runPod("pod").spec.nodeName!;
    fixture.simulation.hands.shutDown(node);
    fixture.pass(1);
    assert.equal(fixture.runs("pod"), false);
    fixture.pass(60);
    assert.equal(fixture.pod("pod").status.phase, "Running");
    assert.equal(fixture.nodeReady(node), "Unknown");
  });

  it("with graceful node shutdown ends and reports the pods, and the node is not ready at once", () => {
    const fixture = new Fixture({ shutdownGracePeriodSeconds: 60 });
    const puppet = new Puppet(fixture, "main");
    puppet.obeysAfter = 5;
    const node = fixture.runPod("pod").spec.nodeName!;
    fixture.simulation.hands.shutDown(node);
    fixture.pass(1);
    const ready = condition(fixture.node(node), "Ready");
    assert.deepEqual([ready?.status, ready?.message], ["False", "node is shutting down"]);
    assert.ok(fixture.taints(node).includes("node.kubernetes.io/not-ready:NoSchedule"));
    fixture.pass(6);
    const pod = fixture.pod("pod");
    assert.deepEqual([pod.status.phase, pod.status.reason], ["Failed", "Terminated"]);
    assert.equal(condition(pod, "DisruptionTarget")?.reason, "TerminationByKubelet");
    fixture.pass(60);
    assert.equal(fixture.world.machines.get(node)!.powered, false);
  });
});

describe("memory beyond a container's limit", () => {
  it("kills all of the container under cgroup v2", () => {
    const fixture = new Fixture({ cgroup: "v2" });
    new Puppet(fixture, "main");
    const pod = fixture.runPod("pod");
    fixture.world.runtimes.get(pod.spec.nodeName!)!.outOfMemory(pod.metadata.uid, "main");
    fixture.until(() => fixture.pod("pod").status.phase === "Failed", 3);
    assert.deepEqual(exitOf(fixture.pod("pod")), { exitCode: 137, reason: "OOMKilled" });
  });

  it("kills only its largest process under cgroup v1", () => {
    const fixture = new Fixture({ cgroup: "v1" });
    let lost = 0;
    const puppet = new Puppet(fixture, "main");
    Object.assign(puppet, { loseLargest: () => lost++ });
    const pod = fixture.runPod("pod");
    fixture.world.runtimes.get(pod.spec.nodeName!)!.outOfMemory(pod.metadata.uid, "main");
    fixture.pass(5);
    assert.deepEqual([lost, fixture.pod("pod").status.phase], [1, "Running"]);
    puppet.exit({ code: 0, reason: "Completed" });
    fixture.pass(5);
    const { terminated } = fixture.pod("pod").status.containerStatuses![0]!.state;
    assert.deepEqual([terminated?.exitCode, terminated?.reason], [0, "OOMKilled"]);
  });
});
