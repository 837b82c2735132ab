import assert from "node:assert/strict";
import type { KubeObject, Node } from "../../../src/kube/objects.ts";
import { createSimulation, type SimulationOptions } from "../../../src/simulator/create-simulation.ts";
import { ask } from "../api/world.ts";
import { Lab } from "./lab.ts";

const path = "/namespaces/kubevirt/hyperconvergeds/kubevirt-hyperconverged";
const v1 = `/apis/hco.kubevirt.io/v1${path}`;
const v1beta1 = `/apis/hco.kubevirt.io/v1beta1${path}`;
const merge = { "content-type": "application/merge-patch+json" };

interface KubeVirt extends KubeObject {
  spec: {
    configuration: { evictionStrategy?: string; migrations?: Record<string, unknown> };
    workloadUpdateStrategy: { workloadUpdateMethods?: string[] };
  };
}

function cluster(options: Partial<SimulationOptions> = {}) {
  const simulation = createSimulation({ seed: 1, ...options, settings: { hyperConverged: true, ...options.settings } });
  const { clock, store, api } = simulation;
  const pass = (seconds: number) => clock.advanceTo(clock.now() + seconds * 1000);
  pass(1);
  return { ...simulation, api, pass, kubeVirt: () => store.get<KubeVirt>("kubevirts", "kubevirt", "kubevirt")!.spec };
}

describe("the HyperConverged Cluster Operator", () => {
  it("has VMs of a cluster with several workers migrated by default, and those of a single one not", () => {
    assert.equal(cluster({ workers: 2 }).kubeVirt().configuration.evictionStrategy, "LiveMigrate");
    assert.equal(cluster({ workers: 1 }).kubeVirt().configuration.evictionStrategy, "None");
    assert.equal(cluster({ workers: 2 }).world.settings.evictionStrategy, "LiveMigrate");
    const told = cluster({ workers: 2, settings: { evictionStrategy: "External" } });
    assert.equal(told.kubeVirt().configuration.evictionStrategy, "External");
  });

  it("updates workloads by migration, which KubeVirt by itself does not", () => {
    assert.deepEqual(cluster().kubeVirt().workloadUpdateStrategy.workloadUpdateMethods, ["LiveMigrate"]);
  });

  it("stamps its default on VMIs that state none, and later changes leave those as they are", async () => {
    const lab = new Lab({ settings: { hyperConverged: true } });
    const { evictionStrategy: _stated, ...spec } = lab.template("vm").spec;
    const template = { metadata: {}, spec };
    await lab.createVm("before", "Always", { template });
    lab.run(1);
    assert.equal(lab.vmi("before")?.spec.evictionStrategy, "LiveMigrate");
    const { status } = await lab.request("PATCH", v1, { spec: { virtualization: { evictionStrategy: "None" } } });
    assert.equal(status, 200);
    await lab.createVm("after", "Always", { template });
    lab.run(1);
    assert.equal(lab.vmi("after")?.spec.evictionStrategy, "None");
    assert.equal(lab.vmi("before")?.spec.evictionStrategy, "LiveMigrate");
  });

  it("keeps the KubeVirt object as its own says, whoever writes there", () => {
    const { store, pass, kubeVirt } = cluster();
    store.mutate<KubeVirt>("kubevirts", "kubevirt", "kubevirt", ({ spec }) => {
      spec.configuration.evictionStrategy = "None";
      spec.configuration.migrations = { parallelMigrationsPerCluster: 99 };
    });
    pass(1);
    assert.equal(kubeVirt().configuration.evictionStrategy, "LiveMigrate");
    assert.equal(kubeVirt().configuration.migrations?.["parallelMigrationsPerCluster"], 5);
  });

  it("is served in two versions that say the same in other places", async () => {
    const { api, pass, kubeVirt } = cluster();
    const strategyIn = (spec: unknown) => (spec as { evictionStrategy?: string }).evictionStrategy;
    const older = await ask(api, "GET", v1beta1);
    assert.equal(strategyIn(older.body.spec), "LiveMigrate");
    assert.equal((older.body as { apiVersion?: string }).apiVersion, "hco.kubevirt.io/v1beta1");
    const changed = await ask(api, "PATCH", v1beta1, { spec: { evictionStrategy: "External" } }, merge);
    assert.equal(strategyIn(changed.body.spec), "External");
    pass(1);
    assert.equal(strategyIn((await ask(api, "GET", v1)).body.spec["virtualization"]), "External");
    assert.equal(kubeVirt().configuration.evictionStrategy, "External");
  });

  it("follows the number of workers where its object says nothing", async () => {
    const { api, pass, store, kubeVirt } = cluster({ workers: 2 });
    store.delete<Node>("nodes", undefined, "worker2");
    await ask(api, "PATCH", v1, { spec: { virtualization: { evictionStrategy: null } } }, merge);
    pass(1);
    assert.equal(kubeVirt().configuration.evictionStrategy, "None");
  });

  it("is not served where it is not installed", async () => {
    const { api } = createSimulation({ seed: 1 });
    assert.equal((await ask(api, "GET", v1)).status, 404);
    const groups = (await ask(api, "GET", "/apis")).body as unknown as { groups: { name: string }[] };
    assert.ok(groups.groups.every(({ name }) => name !== "hco.kubevirt.io"));
    assert.equal((await ask(api, "GET", "/openapi/v3/apis/hco.kubevirt.io/v1")).status, 404);
  });
});
