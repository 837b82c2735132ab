import assert from "node:assert/strict";
import type { KubeObject, VirtualMachine } from "../../../src/kube/objects.ts";
import { condition } from "../../../src/kube/objects.ts";
import { Lab } from "./lab.ts";

const group = "/apis/instancetype.kubevirt.io/v1beta1";

async function createType(lab: Lab, kind: string, name: string, spec: object, namespaced = true): Promise<void> {
  await lab.createIn(
    group,
    `${kind.toLowerCase()}s`,
    { apiVersion: "instancetype.kubevirt.io/v1beta1", kind, metadata: { name }, spec },
    namespaced,
  );
}

function lab(): Lab {
  return new Lab({ domain: { resources: {}, cpu: {} } });
}

describe("a VM with an instance type", () => {
  it("whose type is missing says so, stays stopped, and is tried again ever more slowly", async () => {
    const world = lab();
    await world.createVm("vm", "Always", { instancetype: { name: "small", kind: "VirtualMachineInstancetype" } });
    world.run(36);
    const failure = condition(world.vm("vm"), "Failure");
    assert.equal(failure?.reason, "FailedFindInstancetype");
    assert.equal(failure.message, 'virtualmachineinstancetypes.instancetype.kubevirt.io "small" not found');
    assert.equal(world.vm("vm").status.printableStatus, "Stopped");
    await createType(world, "VirtualMachineInstancetype", "small", { cpu: { guest: 2 }, memory: { guest: "256Mi" } });
    world.run(2);
    assert.equal(world.vmi("vm"), undefined);
    world.run(60);
    const vmi = world.vmi("vm");
    assert.equal(vmi?.status.phase, "Running");
    assert.equal(vmi.spec.domain.cpu?.sockets, 2);
    assert.equal(vmi.spec.domain.memory?.guest, "256Mi");
    assert.equal(condition(world.vm("vm"), "Failure"), undefined);
    assert.equal(world.vm("vm").spec.template.spec.domain.memory?.guest, undefined);
  });

  it("of no kind looks for the cluster's, a preference alike", async () => {
    const world = lab();
    await world.createVm("typed", "Always", { instancetype: { name: "small" } });
    await world.createVm("preferred", "Always", { preference: { name: "lean" } });
    world.run(1);
    assert.match(condition(world.vm("typed"), "Failure")?.message ?? "", /^virtualmachineclusterinstancetypes\./);
    assert.equal(condition(world.vm("preferred"), "Failure")?.reason, "FailedFindPreference");
  });

  it("keeps what it was started with when the type is changed or deleted", async () => {
    const world = lab();
    const spec = { cpu: { guest: 1 }, memory: { guest: "128Mi" } };
    await createType(world, "VirtualMachineClusterInstancetype", "small", spec, false);
    await world.createVm("vm", "Always", { instancetype: { name: "small" } });
    world.run(20);
    const first = world.vmi("vm")!.metadata.uid;
    world.simulation.store.delete<KubeObject>("virtualmachineclusterinstancetypes", undefined, "small");
    world.simulation.hands.killQemu(first);
    world.run(20);
    assert.notEqual(world.vmi("vm")?.metadata.uid, first);
    assert.equal(world.vmi("vm")?.status.phase, "Running");
    assert.equal(world.vmi("vm")?.spec.domain.memory?.guest, "128Mi");
  });
});

const subresources = "/apis/subresources.kubevirt.io/v1/namespaces/lab";

async function typedVm(world: Lab, type: object, preference: object): Promise<void> {
  await createType(world, "VirtualMachineClusterInstancetype", "small", type, false);
  await createType(world, "VirtualMachineClusterPreference", "linux", preference, false);
  await world.createVm("vm", "Always", { instancetype: { name: "small" }, preference: { name: "linux" } });
  world.run(2);
}

const type = { cpu: { guest: 4 }, memory: { guest: "1Gi", overcommitPercent: 25 }, annotations: { "team/size": "s" } };

describe("a preference", () => {
  it("fills in what the VM left open, and nothing that it states", async () => {
    const world = lab();
    await typedVm(world, type, {
      cpu: { preferredCPUTopology: "spread", spreadOptions: { across: "CoresThreads" } },
      devices: { preferredDiskBus: "sata", preferredInterfaceModel: "e1000e", preferredTPM: {} },
      features: { preferredAcpi: { enabled: false } },
      firmware: { preferredUseEfi: true, preferredUseSecureBoot: true },
      preferredTerminationGracePeriodSeconds: 7,
    });
    const { spec, metadata } = world.vmi("vm")!;
    const { cpu, devices, features, firmware, resources } = spec.domain as typeof spec.domain & { firmware: object };
    assert.deepEqual([cpu?.cores, cpu?.threads, cpu?.sockets], [2, 2, 1]);
    assert.equal((devices["disks"] as { disk: { bus: string } }[])[0]?.disk.bus, "virtio");
    assert.equal((devices["interfaces"] as { model: string }[])[0]?.model, "e1000e");
    assert.deepEqual(devices["tpm"], {});
    assert.equal(features?.acpi?.enabled, false);
    assert.deepEqual((firmware as { bootloader?: object }).bootloader, { efi: { secureBoot: true } });
    assert.equal(spec.terminationGracePeriodSeconds, 7);
    assert.equal(resources?.requests?.["memory"], "768Mi");
    assert.equal(metadata.annotations?.["team/size"], "s");
    assert.equal(metadata.annotations["kubevirt.io/cluster-instancetype-name"], "small");
    assert.equal(metadata.annotations["kubevirt.io/cluster-preference-name"], "linux");
  });

  it("that asks for more than the instance type has refuses the VM", async () => {
    const world = lab();
    await createType(world, "VirtualMachineClusterInstancetype", "small", type, false);
    const requirements = { cpu: { guest: 8 } };
    await createType(world, "VirtualMachineClusterPreference", "large", { requirements }, false);
    const creating = world.createVm("vm", "Always", { instancetype: { name: "small" }, preference: { name: "large" } });
    await assert.rejects(
      creating,
      /failure checking preference requirements: insufficient CPU resources of 4 vCPU provided by instance type, preference requires 8 vCPU/,
    );
  });

  it("without an instance type is held against what the VM itself asks for", async () => {
    const world = new Lab({ domain: { cpu: { cores: 2 }, memory: { guest: "1Gi" }, resources: {} } });
    const preference = { cpu: { preferredCPUTopology: "cores" }, requirements: { memory: { guest: "2Gi" } } };
    await createType(world, "VirtualMachineClusterPreference", "large", preference, false);
    await assert.rejects(
      world.createVm("vm", "Always", { preference: { name: "large" } }),
      /insufficient Memory resources of 1Gi provided by VirtualMachine, preference requires 2Gi/,
    );
  });

  it("with a topology that there is none of is refused, and one that is out of date is warned of", async () => {
    const world = lab();
    const wrong = createType(world, "VirtualMachinePreference", "p", { cpu: { preferredCPUTopology: "rings" } });
    await assert.rejects(wrong, /unknown preferredCPUTopology rings/);
    await createType(world, "VirtualMachinePreference", "p", { cpu: { preferredCPUTopology: "preferCores" } });
  });
});

describe("expanding a VM", () => {
  it("writes out what it gets from instance type and preference, and names them no more", async () => {
    const world = lab();
    await typedVm(world, type, { devices: { preferredDiskBus: "sata" } });
    const { status, body } = await world.request("GET", `${subresources}/virtualmachines/vm/expand-spec`);
    assert.equal(status, 200);
    const vm = body as VirtualMachine;
    assert.equal(vm.spec.instancetype ?? vm.spec.preference, undefined);
    assert.equal(vm.status["instancetypeRef"] ?? vm.status["preferenceRef"], undefined);
    const { domain } = vm.spec.template.spec;
    assert.deepEqual([domain.cpu?.sockets, domain.cpu?.cores, domain.memory?.guest], [4, 1, "1Gi"]);
    const stored = world.vm("vm");
    assert.deepEqual(stored.spec.instancetype, { name: "small" });
    assert.equal(stored.spec.template.spec.domain.memory?.guest, undefined);
    const same = { ...vm, metadata: { name: "copy", namespace: "lab" }, status: undefined };
    const created = await world.request("POST", "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines", same);
    assert.equal(created.status, 201);
  });

  it("that is sent and not stored does the same, and says what is missing", async () => {
    const world = lab();
    const spec = { runStrategy: "Halted", instancetype: { name: "small" }, template: world.template("vm") };
    const sent = { apiVersion: "kubevirt.io/v1", kind: "VirtualMachine", metadata: { name: "vm" }, spec };
    const missing = await world.request("PUT", `${subresources}/expand-vm-spec`, sent);
    assert.equal(missing.status, 400);
    assert.match(
      JSON.stringify(missing.body),
      /virtualmachineclusterinstancetypes.instancetype.kubevirt.io .*small.* not found/,
    );
    await createType(world, "VirtualMachineClusterInstancetype", "small", type, false);
    const { status, body } = await world.request("PUT", `${subresources}/expand-vm-spec`, sent);
    assert.equal(status, 200);
    assert.equal((body as VirtualMachine).spec.template.spec.domain.memory?.guest, "1Gi");
  });
});
