import assert from "node:assert/strict";
import type { KubeEvent, Node } from "../../../src/kube/objects.ts";
import { Lab } from "./lab.ts";

function nodeOf(lab: Lab): Node {
  return lab.simulation.store.get<Node>("nodes", undefined, lab.victim)!;
}

function unresponsive(lab: Lab): KubeEvent[] {
  return lab.simulation.store.list<KubeEvent>("events").filter(({ reason }) => reason === "NodeUnresponsive");
}

describe("virt-handler's heartbeat", () => {
  it("comes every 60 to 132 s and keeps the node schedulable", () => {
    const lab = new Lab();
    const beats: number[] = [];
    lab.simulation.store.subscribe(({ object, old }) => {
      const beat = (of: typeof old) => of?.metadata.annotations?.["kubevirt.io/heartbeat"];
      if (object.metadata.name === lab.victim && beat(object) !== beat(old)) beats.push(lab.now);
    });
    lab.run(1800);
    const gaps = beats.slice(1).map((at, index) => (at - beats[index]!) / 1000);
    assert.ok(gaps.length > 12);
    for (const gap of gaps.slice(1)) assert.ok(gap >= 60 && gap <= 132, `${gap} s`);
    assert.equal(nodeOf(lab).metadata.labels?.["kubevirt.io/schedulable"], "true");
  });

  it("missed for five minutes makes the node unschedulable, until it comes back", () => {
    const lab = new Lab();
    lab.run(100);
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(165);
    assert.equal(nodeOf(lab).metadata.labels?.["kubevirt.io/schedulable"], "true");
    lab.run(200);
    assert.equal(nodeOf(lab).metadata.labels?.["kubevirt.io/schedulable"], "false");
    assert.equal(unresponsive(lab).length, 1);
    assert.equal(unresponsive(lab)[0]?.message, "virt-handler is not responsive, marking node as unresponsive");
    lab.simulation.hands.powerOn(lab.victim);
    lab.run(90);
    assert.equal(nodeOf(lab).metadata.labels?.["kubevirt.io/schedulable"], "true");
  });

  it("of a node that was deleted and came back is that of a new virt-handler", () => {
    const lab = new Lab();
    lab.simulation.hands.powerOff(lab.victim);
    lab.run(60);
    lab.simulation.store.delete("nodes", undefined, lab.victim);
    lab.run(120);
    lab.simulation.hands.powerOn(lab.victim);
    lab.run(120);
    assert.equal(nodeOf(lab).metadata.labels?.["kubevirt.io/schedulable"], "true");
    assert.equal(nodeOf(lab).metadata.labels?.["machine-type.node.kubevirt.io/q35"], "true");
  });
});
