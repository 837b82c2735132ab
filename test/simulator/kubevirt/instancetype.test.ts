import assert from "node:assert/strict";
import type { KubeObject } from "../../../src/kube/objects.ts";
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
