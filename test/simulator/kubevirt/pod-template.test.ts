import assert from "node:assert/strict";
import type { KubeObject, Pod, Probe, VirtualMachineInstance, VmiSpec } from "../../../src/kube/objects.ts";
import { launcherPod } from "../../../src/simulator/kubevirt/pod/template.ts";
import { Lab } from "./lab.ts";

const { world } = new Lab().simulation;

function vmiOf(spec: Partial<VmiSpec> = {}, domain: Partial<VmiSpec["domain"]> = {}): VirtualMachineInstance {
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstance",
    metadata: {
      name: "vm",
      namespace: "lab",
      uid: "0b4f3c6e",
      resourceVersion: "1",
      creationTimestamp: "",
      labels: { app: "web" },
      annotations: { note: "kept", "kubevirt.io/latest-observed-api-version": "v1" },
    },
    spec: { ...spec, domain: { devices: {}, ...domain } },
    status: {},
  };
}

function podOf(spec?: Partial<VmiSpec>, domain?: Partial<VmiSpec["domain"]>, on = world): Pod {
  return launcherPod(on, vmiOf(spec, domain)) as Pod;
}

function compute(pod: Pod) {
  return pod.spec.containers.find(({ name }) => name === "compute")!;
}

const MiB = 2 ** 20;

describe("the launcher pod", () => {
  const overheads: [what: string, domain: Partial<VmiSpec["domain"]>, bytes: number][] = [
    ["one vCPU", { memory: { guest: "1Gi" } }, 268 * MiB],
    ["two vCPUs", { cpu: { cores: 2 }, memory: { guest: "1Gi" } }, 276 * MiB],
    ["page tables of requested memory", { resources: { requests: { memory: "1Gi" } } }, 270 * MiB],
    ["no graphics", { devices: { autoattachGraphicsDevice: false }, memory: { guest: "1Gi" } }, 236 * MiB],
    ["a GPU", { devices: { gpus: [{ deviceName: "example.com/gpu" }] }, memory: { guest: "1Gi" } }, 1292 * MiB],
  ];
  for (const [what, domain, bytes] of overheads) {
    it(`needs ${bytes / MiB} MiB beside the guest's memory with ${what}`, () => {
      assert.equal(podOf({}, domain).metadata.annotations?.["kubevirt.io/memory-overhead-bytes"], String(bytes));
    });
  }

  it("requests as recorded of a real one: 128Mi guest, 50m CPU", () => {
    const { requests, limits } = compute(
      podOf({}, { resources: { requests: { cpu: "50m", memory: "128Mi" } } }),
    ).resources!;
    assert.equal(requests?.["memory"], "405760Ki");
    assert.equal(requests?.["cpu"], "50m");
    assert.equal(requests?.["ephemeral-storage"], "50M");
    assert.equal(limits?.["memory"], undefined);
    assert.equal(limits?.["devices.kubevirt.io/tun"], "1");
  });

  it("asks for the node's devices that qemu needs: no KVM where guests are emulated", () => {
    const devicesOf = (pod: Pod): string[] =>
      Object.keys(compute(pod).resources!.limits!).filter((name) => name.startsWith("devices.kubevirt.io/"));
    const networked = { devices: { interfaces: [{ name: "default", masquerade: {} }] } };
    const of = (names: string[]) => names.map((name) => `devices.kubevirt.io/${name}`);
    assert.deepEqual(devicesOf(podOf({}, networked)), of(["tun", "vhost-net", "kvm"]));
    assert.deepEqual(devicesOf(podOf({}, { devices: { autoattachPodInterface: false } })), of(["kvm"]));
    const emulated = new Lab({ settings: { emulation: true } }).simulation;
    assert.deepEqual(devicesOf(podOf({}, networked, emulated.world)), of(["tun"]));
    const { spec } = emulated.store.get<KubeObject & { spec: object }>("kubevirts", "kubevirt", "kubevirt")!;
    assert.match(JSON.stringify(spec), /"useEmulation":true/);
  });

  it("moves with its container disk by digest", () => {
    const disk = { volumes: [{ name: "root", containerDisk: { image: "registry:5000/guest:v1" } }] };
    const imageOf = (pod: Pod) => (pod.spec["volumes"] as { image?: { reference: string } }[]).find((one) => one.image);
    assert.equal(imageOf(podOf(disk))?.image?.reference, "registry:5000/guest:v1");
    const target = launcherPod(world, vmiOf(disk), "uid-of-migration") as Pod;
    assert.match(imageOf(target)!.image!.reference, /^registry:5000\/guest@sha256:[0-9a-f]{64}$/);
  });

  it("requests a tenth of a CPU per vCPU unless told otherwise", () => {
    assert.equal(compute(podOf({}, { cpu: { sockets: 2, cores: 2 } })).resources?.requests?.["cpu"], "400m");
    assert.equal(compute(podOf()).resources?.requests?.["cpu"], "100m");
  });

  it("takes its vCPUs from the CPU limit where there is no topology, and limits memory with its overhead", () => {
    const domain = { resources: { requests: { cpu: "8", memory: "10Gi" }, limits: { cpu: "10", memory: "12Gi" } } };
    const pod = podOf({}, domain);
    const overhead = (220 + 8 * 10 + 8 + 32 + 20) * MiB;
    assert.equal(pod.metadata.annotations?.["kubevirt.io/memory-overhead-bytes"], String(overhead));
    const { requests, limits } = compute(pod).resources!;
    assert.deepEqual([requests?.["cpu"], limits?.["cpu"]], ["8", "10"]);
    assert.deepEqual([requests?.["memory"], limits?.["memory"]], ["10600Mi", "12648Mi"]);
    assert.equal(pod.status.qosClass, "Burstable");
  });

  it("lives 30 s longer than its guest's grace, the launcher 15 s", () => {
    const pod = podOf();
    assert.equal(pod.spec.terminationGracePeriodSeconds, 60);
    const { command } = compute(pod);
    assert.equal(command?.[command.indexOf("--grace-period-seconds") + 1], "45");
    assert.equal(podOf({ terminationGracePeriodSeconds: 0 }).spec.terminationGracePeriodSeconds, 30);
  });

  it("gives up without a domain after 240 to 359 s", () => {
    const { command } = compute(podOf());
    const seconds = parseInt(command?.[command.indexOf("--qemu-timeout") + 1] ?? "", 10);
    assert.ok(seconds >= 240 && seconds < 360, String(seconds));
  });

  it("is never restarted, waits for no pause to be ready, and says whose it is", () => {
    const { metadata, spec } = podOf();
    assert.equal(spec.restartPolicy, "Never");
    assert.deepEqual(spec.readinessGates, [{ conditionType: "kubevirt.io/virtual-machine-unpaused" }]);
    assert.equal(metadata.generateName, "virt-launcher-vm-");
    assert.equal(metadata.labels?.["kubevirt.io/created-by"], "0b4f3c6e");
    assert.equal(metadata.labels?.["app"], "web");
    assert.equal(metadata.annotations?.["kubevirt.io/domain"], "vm");
    assert.equal(metadata.annotations?.["note"], "kept");
    assert.equal(metadata.annotations?.["kubevirt.io/latest-observed-api-version"], undefined);
    assert.equal(metadata.ownerReferences?.[0]?.controller, true);
  });

  it("goes only where VMs may be scheduled, and where its CPU model is", () => {
    const { nodeSelector, tolerations } = podOf(
      { nodeSelector: { zone: "a" }, tolerations: [{ key: "gpu", operator: "Exists" }] },
      { cpu: { model: "Haswell-noTSX" }, machine: { type: "q35" } },
    ).spec;
    assert.deepEqual(nodeSelector, {
      zone: "a",
      "kubernetes.io/arch": "amd64",
      "kubevirt.io/schedulable": "true",
      "machine-type.node.kubevirt.io/q35": "true",
      "cpu-model.node.kubevirt.io/Haswell-noTSX": "true",
    });
    assert.deepEqual(tolerations, [{ key: "gpu", operator: "Exists" }]);
  });

  it("goes only where the hardware is that encrypts its memory or runs it in real time", () => {
    const asked: [VmiSpec["domain"]["launchSecurity"], string[]][] = [
      [{ sev: {} }, ["sev"]],
      [{ sev: { policy: { encryptedState: true } } }, ["sev", "sev-es"]],
      [{ snp: {} }, ["sev", "sev-snp"]],
      [{ tdx: {} }, ["tdx"]],
    ];
    for (const [launchSecurity, capabilities] of asked) {
      const { nodeSelector } = podOf({}, { launchSecurity }).spec;
      for (const capability of capabilities) assert.equal(nodeSelector?.[`kubevirt.io/${capability}`], "true");
    }
    assert.equal(podOf({}, { cpu: { realtime: {} } }).spec.nodeSelector?.["kubevirt.io/realtime"], "true");
    assert.equal(
      podOf({ architecture: "s390x" }, { launchSecurity: {} }).spec.nodeSelector?.["kubevirt.io/s390-pv"],
      "true",
    );
  });

  const probes: [what: string, probe: Probe, copied: Probe][] = [
    [
      "a TCP probe, 10 s later, with the API's defaults",
      { tcpSocket: { port: 1500 }, initialDelaySeconds: 20 },
      {
        tcpSocket: { port: 1500 },
        initialDelaySeconds: 30,
        periodSeconds: 10,
        timeoutSeconds: 1,
        successThreshold: 1,
        failureThreshold: 3,
      },
    ],
    [
      "an agent's ping as a command with a second more",
      { guestAgentPing: {}, periodSeconds: 5, timeoutSeconds: 2, failureThreshold: 1 },
      {
        exec: { command: ["virt-probe", "--domainName", "lab_vm", "--timeoutSeconds", "2", "--guestAgentPing"] },
        initialDelaySeconds: 10,
        periodSeconds: 5,
        timeoutSeconds: 3,
        successThreshold: 1,
        failureThreshold: 1,
      },
    ],
  ];
  for (const [what, probe, copied] of probes) {
    it(`carries ${what}`, () => {
      assert.deepEqual(compute(podOf({ livenessProbe: probe })).livenessProbe, copied);
      assert.deepEqual(compute(podOf({ readinessProbe: probe })).readinessProbe, copied);
    });
  }
});
