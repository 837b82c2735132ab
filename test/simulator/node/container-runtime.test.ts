import assert from "node:assert/strict";
import { condition, type KubeEvent, type Node, type Pod } from "../../../src/kube/objects.ts";
import { Lab, type LabOptions } from "../kubevirt/lab.ts";

async function runningVm(options: LabOptions = {}): Promise<Lab> {
  const lab = new Lab(options);
  lab.cordonOthers(true);
  await lab.createVm("vm", "Always");
  lab.run(60);
  lab.cordonOthers(false);
  return lab;
}

const readyOf = ({ simulation: { store }, victim }: Lab) =>
  condition(store.get<Node>("nodes", undefined, victim), "Ready");

describe("a node without its container runtime", () => {
  it("is not ready after 30 s, says why, and is again soon after it is back; its guests go on", async () => {
    const lab = await runningVm();
    const uid = lab.vmi("vm")!.metadata.uid;
    lab.simulation.hands.stopRuntime(lab.victim);
    lab.run(29);
    assert.equal(readyOf(lab)?.status, "True");
    lab.run(17);
    assert.equal(readyOf(lab)?.status, "False");
    assert.match(readyOf(lab)?.message ?? "", /container runtime is down/);
    assert.ok(lab.serves(uid));
    lab.simulation.hands.startRuntime(lab.victim);
    lab.run(16);
    assert.equal(readyOf(lab)?.status, "True");
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("says so of itself: its pods stay ready as they are, and are evicted 300 s after its taint", async () => {
    const lab = await runningVm();
    const { name, uid } = lab.podOf(lab.vmi("vm")!.metadata.uid)!.metadata;
    const pod = () => lab.simulation.store.get<Pod>("pods", "lab", name);
    lab.simulation.hands.stopRuntime(lab.victim);
    lab.run(60);
    assert.equal(readyOf(lab)?.status, "False");
    assert.equal(condition(pod(), "Ready")?.status, "True");
    const reasons = lab.eventsOf("Pod", name).map(({ reason }) => reason);
    assert.ok(!reasons.includes("NodeNotReady"));
    const ofNode = lab.simulation.store
      .list<KubeEvent>("events", "default")
      .filter(({ involvedObject }) => involvedObject.name === lab.victim);
    assert.ok(ofNode.some(({ reason }) => reason === "ContainerGCFailed"));
    lab.run(300);
    assert.equal(pod()?.metadata.uid, uid);
    assert.ok(pod()?.metadata.deletionTimestamp);
  });

  it("ends no pod: one that is deleted goes when the runtime is back, with its grace", async () => {
    const lab = await runningVm();
    const uid = lab.vmi("vm")!.metadata.uid;
    const { name } = lab.podOf(uid)!.metadata;
    const pod = () => lab.simulation.store.get<Pod>("pods", "lab", name);
    lab.simulation.hands.stopRuntime(lab.victim);
    lab.deletePod(uid);
    lab.run(200);
    assert.ok(pod()?.metadata.deletionTimestamp);
    assert.ok(lab.serves(uid));
    lab.simulation.hands.startRuntime(lab.victim);
    lab.run(40);
    assert.equal(pod(), undefined);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("starts no pod before it is back", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopRuntime(lab.victim);
    lab.cordonOthers(true);
    await lab.createVm("late", "Always");
    lab.run(25);
    assert.equal(lab.vmi("late")?.status.phase, "Scheduling");
    lab.simulation.hands.startRuntime(lab.victim);
    lab.run(40);
    assert.equal(lab.vmi("late")?.status.phase, "Running");
  });

  it("throws away what is asked by way of the runtime, and counts what is asked of a port", async () => {
    const timing = { initialDelaySeconds: 0, periodSeconds: 2, failureThreshold: 2 };
    const byAgent = await runningVm({
      spec: { livenessProbe: { guestAgentPing: {}, ...timing, initialDelaySeconds: 30 } },
      annotations: { "guest.rebound.dev/agent": "true" },
    });
    const byPort = await runningVm({ spec: { readinessProbe: { tcpSocket: { port: 1500 }, ...timing } } });
    for (const lab of [byAgent, byPort]) {
      lab.simulation.hands.stopRuntime(lab.victim);
      lab.simulation.hands.hangGuest(lab.vmi("vm")!.metadata.uid);
      lab.run(25);
    }
    assert.ok(byAgent.ready(byAgent.vmi("vm")));
    assert.ok(!byPort.ready(byPort.vmi("vm")));
  });
});
