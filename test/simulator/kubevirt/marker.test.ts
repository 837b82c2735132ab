import assert from "node:assert/strict";
import { Lab } from "./lab.ts";
import { runningVm } from "./migrations.ts";

const claim = { name: "data", persistentVolumeClaim: { claimName: "data" } };
const containerDisk = { name: "root", containerDisk: { image: "guest" } };

/** The marker that the VM's guest tells now. */
function marker(lab: Lab): string | null {
  return lab.simulation.markerOf(lab.vmi("vm")!.metadata.uid);
}

describe("the marker that a simulated guest keeps on its disk", () => {
  it("is another after a restart where the disk is an image's", async () => {
    const lab = await runningVm();
    const before = marker(lab);
    assert.match(before!, /^root\/[0-9a-f-]{36}$/);
    lab.simulation.hands.killQemu(lab.vmi("vm")!.metadata.uid);
    lab.run(1);
    assert.equal(marker(lab), null, "nobody tells it");
    lab.run(60);
    assert.match(marker(lab)!, /^root\//);
    assert.notEqual(marker(lab), before);
  });

  it("outlives a reboot and moves along in a migration", async () => {
    const lab = await runningVm();
    const before = marker(lab);
    lab.simulation.hands.rebootGuest(lab.vmi("vm")!.metadata.uid);
    lab.run(30);
    assert.equal(marker(lab), before);
    await lab.virtctl("migrate", "vm");
    lab.run(30);
    assert.notEqual(lab.vmi("vm")!.status.nodeName, lab.victim);
    assert.equal(marker(lab), before);
  });

  it("outlives a restart on a claim, wherever among the disks that is", async () => {
    const lab = new Lab({ spec: { volumes: [containerDisk, claim] } });
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const object = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data" }, spec };
    await lab.createIn("/api/v1", "persistentvolumeclaims", object);
    await lab.createVm("vm", "Always");
    lab.run(60);
    const { uid } = lab.vmi("vm")!.metadata;
    const before = marker(lab);
    assert.match(before!, /^data\//);
    lab.simulation.hands.killQemu(uid);
    lab.run(60);
    assert.notEqual(lab.vmi("vm")!.metadata.uid, uid);
    assert.equal(marker(lab), before);
  });
});
