import assert from "node:assert/strict";
import type { VirtualMachineInstance, VmiSpec } from "../../../src/kube/objects.ts";
import { liveMigratable, migrationMethod } from "../../../src/simulator/kubevirt/handler/live-migratable.ts";
import { Lab } from "./lab.ts";

const lab = new Lab();
const pod = { networks: [{ name: "default", pod: {} }] };
const nic = (binding: object) => ({ interfaces: [{ name: "default", ...binding }] });

function vmi(spec: Partial<VmiSpec>, domain: Partial<VmiSpec["domain"]>, annotations = {}): VirtualMachineInstance {
  return {
    apiVersion: "",
    kind: "",
    metadata: { name: "vm", namespace: "lab", uid: "1", resourceVersion: "", creationTimestamp: "", annotations },
    spec: { ...spec, domain: { devices: {}, ...domain } },
    status: {},
  };
}

const masquerade = { devices: nic({ masquerade: {} }) };
const bridge = { devices: nic({ bridge: {} }) };
const claim = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
const allowed = { "kubevirt.io/allow-pod-bridge-network-live-migration": "" };

const cases: [what: string, vmi: VirtualMachineInstance, reason: string | undefined][] = [
  ["masquerade on the pod network", vmi(pod, masquerade), undefined],
  ["no pod network at all", vmi({}, bridge), undefined],
  ["bridge on the pod network", vmi(pod, bridge), "InterfaceNotLiveMigratable"],
  ["a bridge that is allowed by annotation", vmi(pod, bridge, allowed), undefined],
  [
    "a GPU",
    vmi(pod, { devices: { ...masquerade.devices, gpus: [{ deviceName: "gpu" }] } }),
    "HostDeviceNotLiveMigratable",
  ],
  ["SEV", vmi(pod, { ...masquerade, launchSecurity: { sev: {} } }), "SEVNotLiveMigratable"],
  ["a claim that is not shared", vmi({ ...pod, ...claim }, masquerade), "DisksNotLiveMigratable"],
  [
    "a claim that is not shared behind a bridge: the first reason counts",
    vmi({ ...pod, ...claim }, bridge),
    "InterfaceNotLiveMigratable",
  ],
];

describe("live migration", () => {
  for (const [what, subject, reason] of cases) {
    it(`is ${reason === undefined ? "possible" : `refused as ${reason}`} with ${what}`, () => {
      const { status, reason: given } = liveMigratable(subject, lab.simulation.store);
      assert.deepEqual([status, given], [reason === undefined ? "True" : "False", reason]);
    });
  }

  it("copies local disks with the memory", () => {
    assert.equal(migrationMethod(vmi({ volumes: [{ name: "root", containerDisk: {} }] }, {})), "BlockMigration");
    assert.equal(migrationMethod(vmi(claim, {})), "LiveMigration");
  });
});
