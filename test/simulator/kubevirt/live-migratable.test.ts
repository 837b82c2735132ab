import assert from "node:assert/strict";
import type { VirtualMachineInstance, VmiSpec } from "../../../src/kube/objects.ts";
import {
  liveMigratable,
  migrationMethod,
  storageLiveMigratable,
} from "../../../src/simulator/kubevirt/handler/live-migratable.ts";
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
const hostModel = { ...masquerade, cpu: { model: "host-model" } };
const hostDisk = (shared: boolean) => ({ name: "data", hostDisk: { path: "/data", type: "Disk", shared } });
const on = (nodeName: string, subject: VirtualMachineInstance) => ({ ...subject, status: { nodeName } });
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
  ["TDX", vmi(pod, { ...masquerade, launchSecurity: { tdx: {} } }), "TDXNotLiveMigratable"],
  ["Secure Execution", vmi(pod, { ...masquerade, launchSecurity: {} }), "SecureExecutionNotLiveMigratable"],
  [
    "a SCSI reservation",
    vmi(pod, { devices: { ...masquerade.devices, disks: [{ name: "data", lun: { reservation: true } }] } }),
    "PersistentReservationNotLiveMigratable",
  ],
  [
    "Hyper-V reenlightenment, where no node says how fast its clock is",
    vmi(pod, { ...masquerade, features: { hyperv: { reenlightenment: {} } } }),
    "NoTSCFrequencyNotLiveMigratable",
  ],
  [
    "all of Hyper-V",
    vmi(pod, { ...masquerade, features: { hypervPassthrough: {} } }),
    "HypervPassthroughNotLiveMigratable",
  ],
  ["none of Hyper-V", vmi(pod, { ...masquerade, features: { hypervPassthrough: { enabled: false } } }), undefined],
  ["a node's CPU on a node that tells it", on("worker", vmi(pod, hostModel)), undefined],
  ["a node's CPU on a node that does not", on("control-plane", vmi(pod, hostModel)), "CPUModeLiveMigratable"],
  ["a disk of the node", vmi({ ...pod, volumes: [hostDisk(false)] }, masquerade), "DisksNotLiveMigratable"],
  ["a disk that the nodes share", vmi({ ...pod, volumes: [hostDisk(true)] }, masquerade), undefined],
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

  it("is possible with storage that is not shared if that is copied too; other obstacles are all named", () => {
    const { store } = lab.simulation;
    assert.equal(storageLiveMigratable(vmi({ ...pod, ...claim }, masquerade), store).status, "True");
    const { reason, message } = storageLiveMigratable(vmi(pod, { ...bridge, launchSecurity: { sev: {} } }), store);
    assert.equal(reason, "NotMigratable");
    assert.match(
      message!,
      /^InterfaceNotLiveMigratable: cannot migrate VMI which .*, SEVNotLiveMigratable: VMI uses SEV$/,
    );
  });

  it("copies local disks with the memory, but not what a guest only reads", () => {
    const seed = { volumes: [{ name: "seed", cloudInitNoCloud: {} }] };
    const disks = (disk: object) => ({ devices: { disks: [{ name: "seed", ...disk }] } });
    assert.equal(migrationMethod(vmi(seed, disks({ cdrom: {} }))), "LiveMigration");
    assert.equal(migrationMethod(vmi(seed, disks({ disk: {} }))), "BlockMigration");

    assert.equal(migrationMethod(vmi({ volumes: [{ name: "root", containerDisk: {} }] }, {})), "BlockMigration");
    assert.equal(migrationMethod(vmi(claim, {})), "LiveMigration");
  });
});
