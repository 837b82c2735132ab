import assert from "node:assert/strict";
import type { VirtualMachine, VirtualMachineInstanceReplicaSet } from "../../../src/kube/objects.ts";
import { Lab } from "./lab.ts";
import { runningVm } from "./migrations.ts";

const group = "/apis/kubevirt.io/v1/namespaces/lab";

/** The webhook that the API server could not call, by its refusal. */
function uncalled({ status, body }: { status: number; body: unknown }): string | undefined {
  assert.equal(status, 500);
  return /failed calling webhook "([^"]*)"/.exec((body as { message: string }).message)?.[1];
}

describe("while nobody serves KubeVirt's webhooks", () => {
  it("a status of KubeVirt's kinds cannot be written either", async () => {
    const lab = await runningVm();
    await lab.createReplicaSet("rs", 1);
    lab.simulation.hands.stopComponent("virt-api");
    for (const path of ["virtualmachines/vm", "virtualmachineinstancereplicasets/rs"]) {
      const refused = await lab.request("PATCH", `${group}/${path}/status`, { status: { anything: 1 } });
      assert.equal(uncalled(refused), "kubevirt-crd-status-validator.kubevirt.io", path);
    }
  });

  it("instance types, preferences and migration policies cannot be made", async () => {
    const lab = new Lab();
    lab.simulation.hands.stopComponent("virt-api");
    const create = (path: string, kind: string) =>
      lab.request("POST", path, { kind, metadata: { name: "x" }, spec: {} });
    const types = "/apis/instancetype.kubevirt.io/v1beta1";
    const refusals = [
      await create(`${types}/namespaces/lab/virtualmachineinstancetypes`, "VirtualMachineInstancetype"),
      await create(`${types}/virtualmachineclusterpreferences`, "VirtualMachineClusterPreference"),
      await create("/apis/migrations.kubevirt.io/v1alpha1/migrationpolicies", "MigrationPolicy"),
    ];
    assert.deepEqual(refusals.map(uncalled), [
      "virtualmachineinstancetype-validator.instancetype.kubevirt.io",
      "virtualmachineclusterpreference-validator.instancetype.kubevirt.io",
      "migration-policy-validator.kubevirt.io",
    ]);
  });

  it("VMs and replica sets keep the status they had; what is deleted goes, and all is told afterwards", async () => {
    const lab = await runningVm();
    await lab.createReplicaSet("rs", 1);
    lab.run(40);
    const set = () =>
      lab.simulation.store.get<VirtualMachineInstanceReplicaSet>("virtualmachineinstancereplicasets", "lab", "rs")!;
    const written: string[] = [];
    lab.simulation.store.subscribe(({ resource, verb, object }) => {
      if (resource === "virtualmachines" || resource === "virtualmachineinstancereplicasets") {
        written.push(`${verb} ${object.metadata.name}`);
      }
    });
    lab.simulation.hands.stopComponent("virt-api");
    const [member] = lab.vmis().filter(({ metadata }) => metadata.name.startsWith("rs"));
    for (const name of ["vm", member!.metadata.name])
      lab.simulation.store.delete("virtualmachineinstances", "lab", name);
    lab.run(60);
    assert.deepEqual(written, []);
    assert.equal(set().status.readyReplicas, 1);
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
    lab.simulation.hands.startComponent("virt-api");
    lab.run(240);
    assert.equal(set().status.readyReplicas, 1);
    assert.equal(lab.vm("vm").status.printableStatus, "Running");
    assert.ok(lab.ready(lab.vmi("vm")));
    const refused = lab
      .eventsOf("VirtualMachineInstanceReplicaSet", "rs")
      .find(({ reason }) => reason === "FailedCreate");
    assert.match(refused?.message ?? "", /failed calling webhook/);
  });

  it("a VM that is deleted goes when they are served again", async () => {
    const lab = await runningVm();
    lab.simulation.hands.stopComponent("virt-api");
    lab.simulation.store.delete<VirtualMachine>("virtualmachines", "lab", "vm");
    lab.run(30);
    assert.notEqual(lab.vm("vm"), undefined);
    lab.simulation.hands.startComponent("virt-api");
    lab.run(120);
    assert.equal(lab.vm("vm"), undefined);
  });
});
