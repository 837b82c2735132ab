import assert from "node:assert/strict";
import type { Node } from "../../src/kube/objects.ts";
import { hosted, type Host, type KubeVirtObject } from "../../src/workload/hosting.ts";
import { instancetype, ofInstancetype } from "../../src/workload/instancetype.ts";
import { migrationObstacle } from "../../src/workload/migration-obstacle.ts";
import { shareOfNode } from "../../src/workload/node-share.ts";
import { obstacles, type Obstacle } from "../../src/workload/obstacles.ts";
import { onEveryOther, replicaSet, vm, vmiSpecOf } from "../../src/workload/variant.ts";

const gib = 2 ** 30;

interface Machine {
  gi: number;
  freeGi?: number;
  labels?: Record<string, string>;
  devices?: Record<string, string>;
}

function hostOf(machines: Machine[], configuration: object = {}, isShared = false): Host {
  const workers = machines.map(({ gi, freeGi = gi, labels = {}, devices = {} }, index) => ({
    node: {
      metadata: { name: `worker-${index}`, labels: { "kubernetes.io/arch": "amd64", ...labels } },
      status: { allocatable: { memory: `${gi}Gi`, ...devices } },
    } as unknown as Node,
    freeBytes: freeGi * gib,
  }));
  const kubeVirt = { spec: { configuration } } as unknown as KubeVirtObject;
  return { workers, kubeVirt, isShared, isStorageLocal: false };
}

const huge = vm("huge", { resources: { requests: { memory: shareOfNode(55) } } });
const requested = (variant: ReturnType<typeof vm>) => vmiSpecOf(variant).domain.resources?.requests?.["memory"];

describe("a VM that asks for a share of a node", () => {
  it("gets that of the largest worker, so that two fit on none, large or small", () => {
    assert.equal(requested(hosted(huge, hostOf([{ gi: 20 }, { gi: 16 }]))), `${11 * 1024}Mi`);
    assert.equal(requested(hosted(huge, hostOf([{ gi: 4 }, { gi: 4 }]))), "2252Mi");
  });

  it("is known by it only where it requests it", () => {
    const host = hostOf([{ gi: 32 }, { gi: 32 }]);
    assert.equal(hosted(huge, host).memoryShare, "55% of a node");
    const typed = ofInstancetype(vm("typed"), instancetype("t", { memory: shareOfNode(55) }));
    assert.equal(hosted(typed, host).memoryShare, "55% of a node");
    const modest = vm("modest", { memory: shareOfNode(55), resources: { requests: { memory: "128Mi" } } });
    assert.equal(hosted(modest, host).memoryShare, undefined);
    assert.equal(vmiSpecOf(hosted(modest, host)).domain.memory?.guest, "18022Mi");
  });

  it("is left out where a worker has not that much free, and the numbers are told", () => {
    const { skip } = hosted(huge, hostOf([{ gi: 20 }, { gi: 20, freeGi: 11.5 }]));
    assert.equal(skip, "55% of a node, the largest worker, is 12.0Gi with a launcher, and worker-1 has 11.5Gi free");
    assert.match(hosted(huge, hostOf([{ gi: 20 }, { gi: 20 }], {}, true)).skip ?? "", /others use the nodes/);
  });

  it("is a whole number of hundredths", () => {
    for (const percent of [0, 100, 5.5, -3]) assert.throws(() => shareOfNode(percent), /whole number/);
  });

  it("fills every other worker, however many there are", () => {
    const filler = onEveryOther(replicaSet("filler"));
    const replicas = (host: Host) => (hosted(filler, host).manifests[0]!["spec"] as { replicas: number }).replicas;
    assert.equal(replicas(hostOf([{ gi: 1 }, { gi: 1 }, { gi: 1 }, { gi: 1 }])), 3);
    assert.equal(hosted(filler, hostOf([{ gi: 1 }])).skip, "there is no other worker");
  });
});

describe("a VM that asks for hardware", () => {
  const of = (obstacle: Obstacle) => vm(obstacle, { obstacle });
  const plain = hostOf([{ gi: 8 }, { gi: 8 }]);

  it("has for each obstacle the reason that KubeVirt has for it, and only without one none", () => {
    assert.deepEqual(
      obstacles.map((obstacle) => migrationObstacle(of(obstacle))),
      [
        "InterfaceNotLiveMigratable",
        "HostDeviceNotLiveMigratable",
        "HostDeviceNotLiveMigratable",
        "SEVNotLiveMigratable",
        "SEVNotLiveMigratable",
        "TDXNotLiveMigratable",
        "SecureExecutionNotLiveMigratable",
        "NoTSCFrequencyNotLiveMigratable",
        "HypervPassthroughNotLiveMigratable",
        "DisksNotLiveMigratable",
      ],
    );
    assert.equal(migrationObstacle(vm("able")), null);
  });

  it("is left out where no worker has it, and what is missing is named", () => {
    const lacks = (obstacle: Obstacle) => hosted(of(obstacle), plain).skip;
    assert.equal(lacks("sev-snp"), "no worker has the label kubevirt.io/sev-snp");
    assert.equal(lacks("secure-execution"), "no worker is a machine of the kind s390x");
    assert.match(lacks("gpu") ?? "", /permittedHostDevices/);
    for (const obstacle of ["bridge", "disk", "reenlightenment", "hyperv-passthrough"] as const) {
      assert.equal(lacks(obstacle), undefined);
    }
  });

  it("takes part where a worker has it", () => {
    const secure = { "kubevirt.io/sev": "true", "kubevirt.io/tdx": "true" };
    const host = hostOf([{ gi: 8 }, { gi: 8, labels: secure }]);
    assert.equal(hosted(of("sev"), host).skip, undefined);
    assert.equal(hosted(of("tdx"), host).skip, undefined);
  });

  it("is given a device that KubeVirt permits and two workers have two of", () => {
    const permittedHostDevices = {
      pciHostDevices: [{ resourceName: "vendor.com/rare" }, { resourceName: "vendor.com/nic" }],
      mediatedDevices: [],
    };
    const devices = { "vendor.com/rare": "1", "vendor.com/nic": "2" };
    const host = hostOf(
      [
        { gi: 8, devices },
        { gi: 8, devices },
      ],
      { permittedHostDevices },
    );
    const [device] = vmiSpecOf(hosted(of("host-device"), host)).domain.devices["hostDevices"] as [
      { deviceName: string },
    ];
    assert.equal(device.deviceName, "vendor.com/nic");
    assert.equal(hosted(of("gpu"), host).skip, undefined);
  });

  it("is tied to a node by a disk of its own, where volumes are a node's own", () => {
    const host = { ...plain, isStorageLocal: true };
    assert.equal(hosted(of("disk"), host).confined, true);
    assert.equal(hosted(of("disk"), plain).confined, undefined);
    assert.equal(hosted(of("bridge"), host).confined, undefined);
  });

  it("is left out where it would be no obstacle", () => {
    const clocked = { "cpu-timer.node.kubevirt.io/tsc-frequency": "2100000000" };
    assert.match(hosted(of("reenlightenment"), hostOf([{ gi: 8, labels: clocked }])).skip ?? "", /no obstacle/);
    const devices = { vgpu: "2" };
    const permittedHostDevices = { mediatedDevices: [{ resourceName: "vgpu" }] };
    const developerConfiguration = { featureGates: ["VGPULiveMigration"] };
    const host = hostOf(
      [
        { gi: 8, devices },
        { gi: 8, devices },
      ],
      { permittedHostDevices, developerConfiguration },
    );
    assert.match(hosted(of("gpu"), host).skip ?? "", /may be no obstacle/);
  });
});
