import assert from "node:assert/strict";
import { condition, type VirtualMachine, type VmiSpec } from "../../../src/kube/objects.ts";
import type { Lab } from "./lab.ts";
import { migrationsOf, runningVm } from "./migrations.ts";

describe("a change of the template of a VM that runs", () => {
  /** Why the VM says that it has to be restarted. */
  const restartFor = (lab: Lab): string | undefined => condition(lab.vm("vm"), "RestartRequired")?.message;

  const edit = async (lab: Lab, spec: object): Promise<void> => {
    const path = "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines/vm";
    const { status } = await lab.request("PATCH", path, { spec: { template: { spec } } });
    assert.equal(status, 200);
    lab.run(2);
  };

  const vmiSpec = (lab: Lab): VmiSpec => lab.vmi("vm")!.spec;

  it("reaches where the VMI may be: its nodeSelector, affinity and tolerations", async () => {
    const lab = await runningVm();
    const tolerations = [{ key: "lab", operator: "Exists" as const }];
    await edit(lab, { nodeSelector: { "kubernetes.io/os": "linux" }, tolerations });
    assert.deepEqual(vmiSpec(lab).nodeSelector, { "kubernetes.io/os": "linux" });
    assert.deepEqual(vmiSpec(lab).tolerations, tolerations);
    assert.equal(restartFor(lab), undefined);
  });

  it("takes a restart for anything else, and says so until it has had one", async () => {
    const lab = await runningVm();
    await edit(lab, { domain: { devices: { rng: {} } } });
    assert.equal(restartFor(lab), "a non-live-updatable field was changed in the template spec");
    assert.equal(vmiSpec(lab).domain.devices["rng"], undefined);
    await lab.virtctl("restart", "vm");
    lab.run(40);
    assert.equal(restartFor(lab), undefined);
    assert.deepEqual(vmiSpec(lab).domain.devices["rng"], {});
  });

  it("is forgotten when it is taken back", async () => {
    const lab = await runningVm();
    await edit(lab, { hostname: "other" });
    assert.ok(restartFor(lab));
    await edit(lab, { hostname: null });
    assert.equal(restartFor(lab), undefined);
  });

  it("plugs sockets in with the next migration, as many as there is room for", async () => {
    const lab = await runningVm({ domain: { cpu: { cores: 1, sockets: 1, threads: 1 } } });
    await edit(lab, { domain: { cpu: { sockets: 2 } } });
    assert.equal(restartFor(lab), undefined);
    assert.equal(vmiSpec(lab).domain.cpu?.sockets, 2);
    assert.equal(condition(lab.vmi("vm"), "HotVCPUChange")?.status, "True");
    await lab.virtctl("migrate", "vm");
    lab.run(40);
    assert.equal(migrationsOf(lab, "vm")[0]?.status.phase, "Succeeded");
    assert.equal(condition(lab.vmi("vm"), "HotVCPUChange"), undefined);
    await edit(lab, { domain: { cpu: { sockets: 9 } } });
    assert.equal(restartFor(lab), "CPU sockets updated in template spec to a value higher than what's available");
  });

  it("of memory takes a restart where none can be plugged in", async () => {
    const lab = await runningVm({ domain: { memory: { guest: "128Mi" } } });
    await edit(lab, { domain: { memory: { guest: "256Mi" } } });
    assert.equal(
      restartFor(lab),
      "memory updated in template spec. Memory-hotplug is not available for this VM configuration",
    );
  });

  it("plugs memory in, and never takes away what the VMI was started with", async () => {
    const lab = await runningVm({ domain: { memory: { guest: "1Gi" }, resources: { requests: { memory: "1Gi" } } } });
    await edit(lab, { domain: { memory: { guest: "2Gi" } } });
    assert.equal(restartFor(lab), undefined);
    assert.equal(vmiSpec(lab).domain.memory?.guest, "2Gi");
    assert.equal(condition(lab.vmi("vm"), "HotMemoryChange")?.status, "True");
    await lab.virtctl("migrate", "vm");
    lab.run(60);
    await edit(lab, { domain: { memory: { guest: "512Mi" } } });
    assert.equal(restartFor(lab), "memory updated in template spec to a value lower than what the VM started with");
  });

  it("is no change of the template where only the run strategy is another", async () => {
    const lab = await runningVm();
    const path = "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines/vm";
    await lab.request("PATCH", path, { spec: { runStrategy: "Manual" } });
    lab.run(2);
    const vm: VirtualMachine = lab.vm("vm");
    assert.equal(vm.status["observedGeneration"], vm.metadata.generation);
    assert.equal(restartFor(lab), undefined);
  });
});
