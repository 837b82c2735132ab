import assert from "node:assert/strict";
import { condition, type Probe } from "../../../src/kube/objects.ts";
import { Fixture, Puppet } from "../fixture.ts";

const tcp = { tcpSocket: { port: 1500 } };

function probed(probes: { livenessProbe?: Probe; readinessProbe?: Probe }, seed = 1): [Fixture, Puppet] {
  const fixture = new Fixture({}, { seed });
  const puppet = new Puppet(fixture, "main");
  fixture.createPod("pod", { containers: [{ name: "main", ...probes }], terminationGracePeriodSeconds: 60 });
  fixture.until(() => puppet.starts === 1, 20);
  return [fixture, puppet];
}

describe("a liveness probe", () => {
  it("is asked every period, from the initial delay after the start on", () => {
    const [fixture, puppet] = probed({ livenessProbe: { ...tcp, initialDelaySeconds: 20, periodSeconds: 5 } });
    const started = fixture.now;
    fixture.pass(60);
    const [first, ...rest] = puppet.probedAt;
    assert.ok(first! - started >= 20 && first! - started <= 25, `asked after ${first! - started} s`);
    rest.forEach((at, index) => assert.ok(Math.abs(at - puppet.probedAt[index]! - 5) < 0.01));
  });

  it("that is refused as often as its threshold ends the pod with its grace, and nothing is restarted", () => {
    const [fixture, puppet] = probed({ livenessProbe: { ...tcp, periodSeconds: 5, failureThreshold: 3 } });
    fixture.pass(30);
    puppet.answer = "refused";
    const from = fixture.now;
    const toldAfter = fixture.until(() => puppet.signals.length === 1, 20);
    assert.ok(toldAfter > 10 && toldAfter <= 15, `SIGTERM after ${toldAfter} s`);
    fixture.until(() => fixture.pod("pod").status.phase === "Succeeded", 5);
    fixture.pass(60);
    assert.deepEqual([puppet.starts, fixture.pod("pod").metadata.deletionTimestamp], [1, undefined]);
    const address = fixture.pod("pod").status.podIP;
    const unhealthy = `Unhealthy: Liveness probe failed: dial tcp ${address}:1500: connect: connection refused`;
    assert.ok(fixture.events("pod").includes(unhealthy));
    assert.ok(fixture.events("pod").includes("Killing: Stopping container main"));
    assert.ok(fixture.now > from);
  });

  it("without an answer fails when its timeout is over", () => {
    const [fixture, puppet] = probed({
      livenessProbe: { ...tcp, periodSeconds: 10, timeoutSeconds: 4, failureThreshold: 1 },
    });
    fixture.pass(15);
    puppet.answer = "silent";
    puppet.probedAt.length = 0;
    fixture.until(() => puppet.signals.length === 1, 20);
    assert.ok(Math.abs(puppet.signals[0]!.at - puppet.probedAt[0]! - 4) < 0.01);
    const address = fixture.pod("pod").status.podIP;
    assert.ok(
      fixture.events("pod").includes(`Unhealthy: Liveness probe failed: dial tcp ${address}:1500: i/o timeout`),
    );
  });

  it("counts failures in a row only", () => {
    const [fixture, puppet] = probed({ livenessProbe: { ...tcp, periodSeconds: 5, failureThreshold: 3 } });
    for (let round = 0; round < 6; round++) {
      puppet.answer = "refused";
      fixture.pass(10);
      puppet.answer = "success";
      fixture.pass(5);
    }
    assert.deepEqual(puppet.signals, []);
  });

  it("whose process obeys nothing is followed by SIGKILL when the pod's grace is over", () => {
    const [fixture, puppet] = probed({ livenessProbe: { ...tcp, periodSeconds: 5, failureThreshold: 1 } });
    puppet.obeysAfter = null;
    fixture.pass(10);
    puppet.answer = "refused";
    fixture.until(() => fixture.pod("pod").status.phase === "Failed", 80);
    const [term, kill] = puppet.signals;
    assert.ok(Math.abs(kill!.at - term!.at - 60) < 0.1);
  });

  it("is not asked while the kubelet is stopped", () => {
    const [fixture, puppet] = probed({ livenessProbe: { ...tcp, periodSeconds: 5 } });
    fixture.pass(10);
    fixture.simulation.hands.stopKubelet(fixture.pod("pod").spec.nodeName!);
    puppet.probedAt.length = 0;
    puppet.answer = "refused";
    fixture.pass(100);
    assert.deepEqual([puppet.probedAt, puppet.signals], [[], []]);
  });

  it("ends a container with a policy to restart, alone, and it is started again", () => {
    const fixture = new Fixture();
    const puppet = new Puppet(fixture, "main");
    const livenessProbe = { ...tcp, periodSeconds: 5, failureThreshold: 1 };
    fixture.runPod("pod", { containers: [{ name: "main", livenessProbe }], restartPolicy: "Always" });
    puppet.answer = "refused";
    fixture.until(() => puppet.signals.length === 1, 10);
    puppet.answer = "success";
    fixture.until(() => puppet.starts === 2, 10);
    fixture.pass(10);
    assert.equal(fixture.pod("pod").status.containerStatuses?.[0]?.restartCount, 1);
    assert.ok(fixture.events("pod").includes("Killing: Container main failed liveness probe, will be restarted"));
  });
});

describe("a readiness probe", () => {
  it("keeps a pod unready until it succeeds, and makes it unready after its threshold; nothing is killed", () => {
    const [fixture, puppet] = probed({ readinessProbe: { ...tcp, periodSeconds: 2, failureThreshold: 3 } });
    puppet.answer = "refused";
    fixture.pass(10);
    const ready = condition(fixture.pod("pod"), "Ready");
    assert.deepEqual([ready?.status, ready?.reason], ["False", "ContainersNotReady"]);
    assert.equal(ready?.message, "containers with unready status: [main]");
    puppet.answer = "success";
    const upAfter = fixture.until(() => fixture.isReady("pod"), 5);
    assert.ok(upAfter <= 2.1, `ready after ${upAfter} s`);
    puppet.answer = "refused";
    const downAfter = fixture.until(() => !fixture.isReady("pod"), 10);
    assert.ok(downAfter > 4 && downAfter <= 6.1, `unready after ${downAfter} s`);
    assert.deepEqual([puppet.signals, fixture.pod("pod").status.phase], [[], "Running"]);
  });

  it("needs as many successes in a row as its success threshold", () => {
    const [fixture, puppet] = probed({ readinessProbe: { ...tcp, periodSeconds: 5, successThreshold: 3 } });
    fixture.until(() => fixture.isReady("pod"), 30);
    assert.equal(puppet.probedAt.length, 3);
  });
});
