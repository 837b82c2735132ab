import assert from "node:assert/strict";
import type { VmiSpec } from "../../../src/kube/objects.ts";
import { Lab } from "./lab.ts";

const disk = { domain: { devices: { disks: [{ name: "data", disk: { bus: "virtio" } }] } } };

function withVolume(source: object): Lab {
  const spec: Partial<VmiSpec> = { volumes: [{ name: "data", ...source }] };
  return new Lab({ spec, ...disk });
}

describe("volumes of a VM", () => {
  it("wait for their claim: the VM says that it is missing, and starts when it comes", async () => {
    const lab = withVolume({ persistentVolumeClaim: { claimName: "data" } });
    await lab.createVm("vm", "Always");
    lab.run(5);
    assert.equal(lab.vm("vm").status.printableStatus, "ErrorPvcNotFound");
    assert.equal(lab.vmi("vm")?.status.phase, "Pending");
    await lab.createIn("/api/v1", "persistentvolumeclaims", {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    });
    lab.run(40);
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
  });

  it("are made from templates, and a claim that is not shared forbids live migration", async () => {
    const lab = withVolume({ dataVolume: { name: "vm-data" } });
    const storage = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await lab.createVm("vm", "Always", {
      dataVolumeTemplates: [{ metadata: { name: "vm-data" }, spec: { source: { blank: {} }, storage } }],
    });
    lab.run(40);
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
    const condition = lab.vmi("vm")?.status.conditions?.find(({ type }) => type === "LiveMigratable");
    assert.equal(condition?.reason, "DisksNotLiveMigratable");
    assert.ok(lab.eventsOf("VirtualMachine", "vm").some(({ reason }) => reason === "SuccessfulDataVolumeCreate"));
  });
});
