import assert from "node:assert/strict";
import { condition, type Node } from "../../src/kube/objects.ts";
import { Lab } from "./kubevirt/lab.ts";

const vmiPath = "/apis/kubevirt.io/v1/namespaces/lab/virtualmachineinstances/vm";

async function runningVm(): Promise<Lab> {
  const lab = new Lab();
  await lab.createVm("vm", "Always");
  lab.run(25);
  return lab;
}

/** Seconds until it is so, to a tenth. */
function until(lab: Lab, what: () => boolean, limit = 600): number {
  const from = lab.now;
  while (!what()) {
    if (lab.now - from > limit * 1000) throw new Error(`not so after ${limit} s`);
    lab.run(0.1);
  }
  return (lab.now - from) / 1000;
}

const uidOf = (lab: Lab) => lab.vmi("vm")?.metadata.uid;
const notReady = ({ simulation: { store } }: Lab) =>
  store.list<Node>("nodes").filter((node) => condition(node, "Ready")?.status !== "True");

describe("an API server that nobody in the cluster reaches", () => {
  it("answers those outside as ever, while guests go on and nobody is told of what ends", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.cutApi();
    const { status } = await lab.simulation.api.handle({ method: "GET", path: vmiPath, headers: {} });
    assert.equal(status, 200);
    lab.run(200);
    assert.ok(lab.serves(uid));
    lab.simulation.hands.killQemu(uid);
    lab.run(200);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
  });

  it("makes no node not ready, neither while it is away nor when it is back", async () => {
    const lab = await runningVm();
    lab.simulation.hands.cutApi();
    lab.run(300);
    assert.deepEqual(notReady(lab), []);
    lab.simulation.hands.restoreApi();
    for (let seconds = 0; seconds < 400; seconds += 5) {
      lab.run(5);
      assert.deepEqual(notReady(lab), []);
    }
  });

  it("costs no leader its lease where it is back within ten seconds", async () => {
    const lab = await runningVm();
    const { hands, world } = lab.simulation;
    hands.cutApi();
    lab.run(9);
    hands.restoreApi();
    for (const leader of ["virt-controller", "kube-scheduler", "kube-controller-manager"] as const) {
      assert.ok(world.up(leader), leader);
    }
  });

  it("is led again at once where another waits for the lease, and after the lease's length where the same comes back", async () => {
    const lab = await runningVm();
    const { hands, world } = lab.simulation;
    hands.cutApi();
    lab.run(60);
    hands.restoreApi();
    const standby = until(lab, () => world.up("virt-controller"));
    assert.ok(standby <= 2.1, `virt-controller: ${standby} s`);
    const scheduler = standby + until(lab, () => world.up("kube-scheduler"));
    assert.ok(scheduler >= 15 && scheduler <= 17.1, `kube-scheduler: ${scheduler} s`);
  });

  it("leaves a controller manager that cannot start without it in its kubelet's back-off", async () => {
    const lab = await runningVm();
    const { hands, world } = lab.simulation;
    hands.cutApi();
    // It ended at 10 s and was started then, at 20 s, 40 s, 80 s and 160 s, each time in vain; the next is at 320 s.
    lab.run(170);
    hands.restoreApi();
    const back = until(lab, () => world.up("kube-controller-manager"));
    assert.ok(back >= 150 + 15 && back <= 150 + 17.1, `${back} s`);
  });

  it("is caught up with: who ended meanwhile is started again", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.cutApi();
    lab.simulation.hands.killQemu(uid);
    lab.run(100);
    lab.simulation.hands.restoreApi();
    const seconds = until(lab, () => uidOf(lab) !== uid && lab.ready(lab.vmi("vm")), 100);
    assert.ok(seconds > 15 && seconds < 45, `${seconds} s`);
  });

  it("cannot be modelled as slow once leaders would give up on it", async () => {
    const lab = await runningVm();
    assert.throws(() => lab.simulation.hands.slowApi(5_000), /leaders give up/);
    assert.match(lab.simulation.hands.slowApi(4_999).evidence, /4999 ms longer/);
  });
});
