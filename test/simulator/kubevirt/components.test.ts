import assert from "node:assert/strict";
import type { Pod } from "../../../src/kube/objects.ts";
import type { Process } from "../../../src/simulator/node/process.ts";
import { Launcher } from "../../../src/simulator/kubevirt/launcher/launcher.ts";
import { Lab } from "./lab.ts";

function processesOf(lab: Lab, component: string): Process[] {
  const { store, world } = lab.simulation;
  return store
    .list<Pod>("pods", "kubevirt")
    .filter(({ metadata }) => metadata.labels?.["kubevirt.io"] === component)
    .flatMap(({ metadata, spec }) => {
      const { processes } = world.machines.get(spec.nodeName!)!;
      return processes.get(`${metadata.uid}/${component}`) ?? [];
    });
}

function handlerOf(lab: Lab, node: string): Process {
  const [pod] = lab.simulation.world.index
    .podsOn(node)
    .filter(({ metadata }) => metadata.labels?.["kubevirt.io"] === "virt-handler");
  return lab.simulation.world.machines.get(node)!.processes.get(`${pod!.metadata.uid}/virt-handler`)!;
}

function launchersOn(lab: Lab, node: string): Launcher[] {
  return [...lab.simulation.world.machines.get(node)!.processes.values()].filter((one) => one instanceof Launcher);
}

async function runningVm(options: ConstructorParameters<typeof Lab>[0] = {}): Promise<Lab> {
  const lab = new Lab(options);
  lab.cordonOthers(true);
  await lab.createVm("vm", "Always");
  lab.run(25);
  lab.cordonOthers(false);
  return lab;
}

describe("without a part of KubeVirt", () => {
  it("virt-controller's other replica takes over within 17 s of the leader's loss, not before 15 s", async () => {
    const lab = await runningVm();
    // Nobody starts the leader again.
    lab.simulation.hands.stopKubelet("control-plane");
    const [leader] = processesOf(lab, "virt-controller");
    leader!.signal("SIGKILL");
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.killQemu(uid);
    lab.run(14.9);
    assert.equal(lab.vmi("vm")?.metadata.uid, uid);
    assert.equal(lab.vmi("vm")?.status.phase, "Failed");
    assert.equal(lab.vmi("vm")?.metadata.deletionTimestamp, undefined);
    lab.run(2.2);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("a launcher told to end destroys its guest at its own deadline when virt-handler does not act", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopKubelet(lab.victim);
    handlerOf(lab, lab.victim).signal("SIGKILL");
    const { uid } = lab.vmi("vm")!.metadata;
    launchersOn(lab, lab.victim)[0]!.signal("SIGTERM");
    lab.run(44.9);
    assert.ok(lab.serves(uid));
    lab.run(0.2);
    assert.ok(!lab.serves(uid));
  });

  it("a guest that ends by itself while virt-handler is away counts as failed when it is back", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopKubelet(lab.victim);
    handlerOf(lab, lab.victim).signal("SIGKILL");
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.powerOffGuest(uid);
    lab.run(30);
    assert.equal(lab.histories.get(uid)?.endedMs, undefined);
    lab.simulation.hands.startKubelet(lab.victim);
    lab.run(15);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
  });

  it("a launcher whose domain nobody defines gives up after 240 to 360 s", async () => {
    const lab = new Lab();
    lab.cordonOthers(true);
    await lab.createVm("vm", "Always");
    while (launchersOn(lab, lab.victim).length === 0) lab.run(0.1);
    lab.simulation.hands.stopKubelet(lab.victim);
    handlerOf(lab, lab.victim).signal("SIGKILL");
    lab.run(239.8);
    assert.equal(launchersOn(lab, lab.victim).length, 1);
    lab.run(120.2);
    assert.equal(launchersOn(lab, lab.victim).length, 0);
  });

  it("a launcher that is not ready in time fails its VMI", async () => {
    const lab = new Lab({ settings: { launcherInitSeconds: 0 } });
    await lab.createVmi("vm");
    lab.run(20);
    assert.equal(lab.vmi("vm")?.status.phase, "Failed");
  });

  it("a guest that boots while it is told to shut down obeys when it is told again", async () => {
    const lab = new Lab({ annotations: { "guest.rebound.dev/boot-seconds": "12" } });
    await lab.createVmi("vm");
    lab.run(6);
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.store.delete("virtualmachineinstances", "lab", "vm");
    lab.run(25);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Succeeded");
  });

  it("a VMI deleted while its node is cut off runs on there, unheard, until the node is joined", async () => {
    const lab = await runningVm();
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.disconnect(lab.victim);
    lab.simulation.store.delete("virtualmachineinstances", "lab", "vm");
    lab.run(90);
    assert.equal(launchersOn(lab, lab.victim)[0]?.domain?.live, true);
    assert.ok(!lab.serves(uid));
    assert.equal(lab.vm("vm").status.printableStatus, "Stopping");
    lab.simulation.hands.connect(lab.victim);
    lab.run(30);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Succeeded");
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("a VMI whose pod had ended before its node died counts as failed when the node has been silent for long", async () => {
    const lab = await runningVm({ settings: { unreachableTolerationSeconds: 3000 } });
    const { uid } = lab.vmi("vm")!.metadata;
    lab.simulation.hands.killLauncher(uid);
    lab.run(10);
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(150);
    assert.equal(lab.vmi("vm")?.status.phase, "Running");
    lab.run(250);
    assert.equal(lab.histories.get(uid)?.phases.at(-1), "Failed");
    const [event] = lab.eventsOf("VirtualMachineInstance", "vm").filter(({ reason }) => reason === "NodeUnresponsive");
    assert.equal(event?.message, `virt-handler on node ${lab.victim} is not responsive, marking VMI as failed`);
    assert.notEqual(lab.vmi("vm")?.metadata.uid, uid);
  });

  it("a force-deleted VM of a partitioned node runs twice until the node is joined again", async () => {
    const lab = await runningVm();
    lab.simulation.hands.disconnect(lab.victim);
    lab.run(60);
    lab.deletePod(lab.vmi("vm")!.metadata.uid, 0);
    lab.run(40);
    const fresh = lab.vmi("vm")!;
    assert.notEqual(fresh.status.nodeName, lab.victim);
    assert.ok(lab.serves(fresh.metadata.uid));
    assert.equal(launchersOn(lab, lab.victim)[0]?.domain?.live, true);
    lab.simulation.hands.connect(lab.victim);
    lab.run(70);
    assert.equal(launchersOn(lab, lab.victim).length, 0);
    assert.ok(lab.serves(fresh.metadata.uid));
  });
});

describe("the same seed", () => {
  it("gives the same history, and another seed other times", async () => {
    const history = async (seed: number): Promise<string[]> => {
      const lab = new Lab({ seed });
      const lines: string[] = [];
      lab.simulation.store.subscribe(({ verb, resource, object }) =>
        lines.push(`${lab.now} ${verb} ${resource} ${JSON.stringify(object)}`),
      );
      await lab.startAll();
      lab.simulation.hands.powerOff(lab.victim);
      lab.run(400);
      return lines;
    };
    const [first, again, other] = [await history(7), await history(7), await history(8)];
    assert.deepEqual(first, again);
    assert.notEqual(first.join(), other.join());
  });
});
