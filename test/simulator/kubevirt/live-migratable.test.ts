import assert from "node:assert/strict";
import type { KubeObject, VirtualMachineInstance, VmiSpec } from "../../../src/kube/objects.ts";
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

const interfaceReason = "InterfaceNotLiveMigratable";
const reserving = vmi(pod, {
  devices: { ...masquerade.devices, disks: [{ name: "data", lun: { reservation: true } }] },
});

const cases: [what: string, vmi: VirtualMachineInstance, reason: string | undefined][] = [
  ["masquerade on the pod network", vmi(pod, masquerade), undefined],
  ["no pod network at all", vmi({}, bridge), undefined],
  ["bridge on the pod network", vmi(pod, bridge), "InterfaceNotLiveMigratable"],
  ["a bridge that is allowed by annotation", vmi(pod, bridge, allowed), undefined],
  ["a binding of which nothing is known", vmi(pod, { devices: nic({ binding: { name: "own" } }) }), interfaceReason],
  ["passt on the pod network", vmi(pod, { devices: nic({ passtBinding: {} }) }), undefined],
  [
    "a pod network that no interface is on",
    vmi({ networks: [{ name: "other", pod: {} }] }, masquerade),
    interfaceReason,
  ],
  [
    "a GPU",
    vmi(pod, { devices: { ...masquerade.devices, gpus: [{ deviceName: "gpu" }] } }),
    "HostDeviceNotLiveMigratable",
  ],
  [
    "a device of the node",
    vmi(pod, { devices: { ...masquerade.devices, hostDevices: [{ deviceName: "nic" }] } }),
    "HostDeviceNotLiveMigratable",
  ],
  ["SEV", vmi(pod, { ...masquerade, launchSecurity: { sev: {} } }), "SEVNotLiveMigratable"],
  ["SEV-SNP", vmi(pod, { ...masquerade, launchSecurity: { snp: {} } }), "SEVNotLiveMigratable"],
  ["TDX", vmi(pod, { ...masquerade, launchSecurity: { tdx: {} } }), "TDXNotLiveMigratable"],
  [
    "Secure Execution",
    vmi({ ...pod, architecture: "s390x" }, { ...masquerade, launchSecurity: {} }),
    "SecureExecutionNotLiveMigratable",
  ],
  ["a SCSI reservation", reserving, undefined],
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

  it("of storage alone is not possible with a SCSI reservation, and does not ask for Secure Execution", () => {
    const { store } = lab.simulation;
    assert.equal(
      storageLiveMigratable(reserving, store).message,
      "PersistentReservationNotLiveMigratable: VMI uses SCSI persistent reservation",
    );
    const secure = vmi({ ...pod, architecture: "s390x" }, { ...masquerade, launchSecurity: {} });
    assert.equal(storageLiveMigratable(secure, store).status, "True");
  });

  it("with a GPU is refused for as long as there are two, no gate or no mediated device", () => {
    const { store } = new Lab().simulation;
    const subject = (...names: string[]) =>
      vmi(pod, { devices: { ...masquerade.devices, gpus: names.map((deviceName) => ({ deviceName })) } });
    const permit = (configuration: object) =>
      store.mutate<KubeObject & { spec: object }>("kubevirts", "kubevirt", "kubevirt", (draft) => {
        draft.spec = { configuration };
      });
    const message = (vmi: VirtualMachineInstance) => liveMigratable(vmi, store).message;
    assert.equal(message(subject("vgpu")), "VMI specifies a GPU but feature gate VGPULiveMigration is not enabled");
    const gate = { developerConfiguration: { featureGates: ["VGPULiveMigration"] } };
    permit(gate);
    assert.equal(message(subject("vgpu")), "VMI specifies non-migratable GPU device");
    permit({ ...gate, permittedHostDevices: { mediatedDevices: [{ resourceName: "vgpu" }] } });
    assert.equal(message(subject("vgpu")), undefined);
    assert.equal(message(subject("vgpu", "vgpu")), "VMI specifies too many GPUs");
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
