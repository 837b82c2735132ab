import assert from "node:assert/strict";
import { condition, type Node, type Pod } from "../../src/kube/objects.ts";
import type { ApiResponse } from "../../src/simulator/simulation.ts";
import { Lab } from "./kubevirt/lab.ts";

const vmiPath = "/apis/kubevirt.io/v1/namespaces/lab/virtualmachineinstances/vm";

async function runningVm(): Promise<Lab> {
  const lab = new Lab();
  lab.cordonOthers(true);
  await lab.createVm("vm", "Always");
  lab.run(25);
  lab.cordonOthers(false);
  return lab;
}

function uidOf(lab: Lab): string | undefined {
  return lab.vmi("vm")?.metadata.uid;
}

function ask(lab: Lab, method: string, path: string, body?: object): Promise<ApiResponse> {
  return lab.simulation.api.handle({
    method,
    path,
    headers: { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
}

/** Seconds until it is so, to a tenth. */
function until(lab: Lab, what: () => boolean, limit: number): number {
  const from = lab.now;
  while (!what()) {
    if (lab.now - from > limit * 1000) throw new Error(`not so after ${limit} s`);
    lab.run(0.1);
  }
  return (lab.now - from) / 1000;
}

describe("virt-controller", () => {
  it("killed in all replicas takes up its own lease as soon as it runs again, and catches up", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab);
    assert.match(lab.simulation.hands.killComponent("virt-controller").evidence, /killed in virt-controller-.*, virt-/);
    lab.run(0.1);
    assert.ok(!lab.simulation.world.up("virt-controller"));
    lab.simulation.hands.killQemu(uid!);
    const seconds = until(lab, () => uidOf(lab) !== undefined && uidOf(lab) !== uid, 30);
    assert.ok(seconds < 6, `took ${seconds} s`);
  });

  it("stopped restarts nothing; what was asked of virt-api meanwhile is done once it works again", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab);
    lab.simulation.hands.stopComponent("virt-controller");
    assert.equal(await lab.virtctl("restart", "vm"), 202);
    lab.run(120);
    assert.equal(uidOf(lab), uid);
    assert.ok(lab.serves(uid!));
    lab.simulation.hands.startComponent("virt-controller");
    lab.run(60);
    assert.notEqual(uidOf(lab), uid);
    assert.ok(lab.serves(uidOf(lab)!));
  });
});

describe("without virt-api", () => {
  it("subresources are unavailable, what KubeVirt's webhooks look at cannot be written, all can be read", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopComponent("virt-api");
    assert.equal(await lab.virtctl("restart", "vm"), 503);
    const refused = await ask(lab, "PATCH", vmiPath, { metadata: { labels: { any: "label" } } });
    assert.equal(refused.status, 500);
    assert.match(refused.body as string, /failed calling webhook \\"virtualmachineinstances-/);
    assert.equal((await ask(lab, "GET", vmiPath)).status, 200);
  });

  it("a guest's end is told to nobody, and its VM restarts only when virt-api is back", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab);
    lab.simulation.hands.stopComponent("virt-api");
    lab.simulation.hands.killQemu(uid!);
    lab.run(60);
    assert.equal(uidOf(lab), uid);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    assert.ok(!lab.serves(uid!));
    lab.simulation.hands.startComponent("virt-api");
    // Writers that failed for a minute try again after up to twice as long.
    const seconds = until(lab, () => uidOf(lab) !== uid && lab.ready(lab.vmi("vm")), 200);
    assert.ok(seconds > 5, `took ${seconds} s`);
  });

  it("killed it runs again within seconds, and serves once its readiness probe has asked", async () => {
    const lab = await runningVm();
    lab.simulation.hands.killComponent("virt-api");
    lab.run(14);
    assert.equal(await lab.virtctl("restart", "vm"), 503);
    lab.run(14);
    assert.equal(await lab.virtctl("restart", "vm"), 202);
  });
});

describe("virt-handler", () => {
  const schedulable = (lab: Lab): string | undefined =>
    lab.simulation.store.get<Node>("nodes", undefined, lab.victim)?.metadata.labels?.["kubevirt.io/schedulable"];

  it("stopped on a node says nothing of the guests there; after five minutes its node takes no more VMs", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.stopComponent("virt-handler", lab.victim);
    lab.run(30);
    assert.ok(lab.serves(uid));
    lab.simulation.hands.powerOffGuest(uid);
    lab.run(200);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    assert.equal(schedulable(lab), "true");
    // The launcher's pod has ended meanwhile: the node controller speaks for it.
    lab.run(270);
    assert.equal(schedulable(lab), "false");
    assert.notEqual(uidOf(lab), uid);
    assert.notEqual(lab.vmi("vm")?.status.nodeName, lab.victim);
    lab.simulation.hands.startComponent("virt-handler", lab.victim);
    lab.run(15);
    assert.equal(schedulable(lab), "true");
  });

  it("killed is back in seconds and tells what it missed", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.killComponent("virt-handler", lab.victim);
    lab.simulation.hands.killQemu(uid);
    const seconds = until(lab, () => lab.histories.get(uid)?.phases.at(-1) === "Failed", 30);
    assert.ok(seconds > 1 && seconds < 10, `took ${seconds} s`);
  });

  it("that does not run on that node cannot be killed", async () => {
    const lab = await runningVm();
    assert.throws(() => lab.simulation.hands.killComponent("virt-handler", "control-plane"), /does not run on/);
  });

  it("cut off from the API fails its liveness, is restarted, and serves again when the API is in reach", async () => {
    const lab = await runningVm();
    lab.simulation.hands.disconnect(lab.victim);
    lab.run(300);
    lab.simulation.hands.connect(lab.victim);
    lab.run(45);
    const [pod] = lab.simulation.world.index
      .podsOn(lab.victim)
      .filter(({ metadata }) => metadata.labels?.["kubevirt.io"] === "virt-handler") as [Pod];
    assert.ok((pod.status.containerStatuses?.[0]?.restartCount ?? 0) >= 1);
    assert.equal(condition(pod, "Ready")?.status, "True");
    // What its kubelet could not say is said with the times at which it was so.
    const events = lab.simulation.store
      .list<{ involvedObject: { name: string }; reason: string; firstTimestamp: string } & Node>("events", "kubevirt")
      .filter(({ involvedObject }) => involvedObject.name === pod.metadata.name);
    const killed = events.find(({ reason }) => reason === "Killing");
    const atMs = Date.parse(killed!.firstTimestamp) - lab.simulation.clock.wall().getTime() + lab.now;
    assert.ok(atMs > 25_000 + 85_000 && atMs < 25_000 + 300_000, `killed at ${atMs} ms`);
  });
});

describe("the control plane", () => {
  it("without kube-scheduler binds no pod, and with it again binds those that wait", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopComponent("kube-scheduler");
    await lab.createVm("new", "Always");
    lab.run(30);
    assert.equal(lab.vmi("new")?.status.phase, "Scheduling");
    lab.simulation.hands.startComponent("kube-scheduler");
    lab.run(20);
    assert.equal(lab.vmi("new")?.status.phase, "Running");
  });

  it("without kube-controller-manager takes no silent node for lost, and counts from its return", async () => {
    const lab = await runningVm();
    const ready = (): string | undefined =>
      condition(lab.simulation.store.get<Node>("nodes", undefined, lab.victim), "Ready")?.status;
    lab.simulation.hands.stopComponent("kube-controller-manager");
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(200);
    assert.equal(ready(), "True");
    lab.simulation.hands.startComponent("kube-controller-manager");
    lab.run(45);
    assert.equal(ready(), "True");
    lab.run(15);
    assert.equal(ready(), "Unknown");
  });

  it("whose leader is killed has a new one once the lease is over", async () => {
    const lab = await runningVm();
    lab.simulation.hands.killComponent("kube-scheduler");
    const seconds = until(lab, () => lab.simulation.world.up("kube-scheduler"), 30);
    assert.ok(seconds >= 15 && seconds < 17.2, `took ${seconds} s`);
    assert.throws(() => {
      lab.simulation.hands.killComponent("kube-scheduler");
      lab.simulation.hands.killComponent("kube-scheduler");
    }, /kube-scheduler does not run/);
  });

  it("without its API server answers nobody; guests go on, and a killed one is back within seconds", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.killComponent("kube-apiserver");
    await assert.rejects(ask(lab, "GET", vmiPath), { code: "ECONNREFUSED" });
    lab.run(3);
    assert.ok(lab.serves(uid));
    lab.run(7);
    assert.equal((await ask(lab, "GET", vmiPath)).status, 200);
  });

  it("with a slow API server recovers late, and answers those outside as ever", async () => {
    const lab = await runningVm();
    const uid = uidOf(lab)!;
    lab.simulation.hands.slowApi(3_000);
    assert.equal((await ask(lab, "GET", vmiPath)).status, 200);
    lab.simulation.hands.killQemu(uid);
    const slow = until(lab, () => uidOf(lab) !== uid && lab.ready(lab.vmi("vm")), 300);
    lab.simulation.hands.restoreApi();
    lab.run(30);
    const second = uidOf(lab)!;
    lab.simulation.hands.killQemu(second);
    const fast = until(lab, () => uidOf(lab) !== second && lab.ready(lab.vmi("vm")), 300);
    assert.ok(slow > fast + 10, `${slow} s and ${fast} s`);
  });
});
