import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { vmCrash } from "../../src/faults/vm-crash.ts";
import { virtualMachines } from "../../src/kube/resources.ts";
import { bootedFrom } from "../../src/workload/guest-image.ts";
import { vm } from "../../src/workload/variant.ts";
import { runOn } from "./run-on.ts";

describe("the images of an experiment's VMs", () => {
  const own = bootedFrom("example.org/own:1", vm("own"));
  const usual = vm("usual");
  let asked: { images: readonly string[]; vms: number }[];
  let cluster: Cluster;

  beforeEach(async () => {
    const simulated = await simulatedCluster({ seed: 1, nodes: 2 });
    asked = [];
    cluster = {
      ...simulated,
      provideImages: async (images) => {
        asked.push({ images, vms: (await simulated.kube.list(virtualMachines)).length });
        return [{ image: "example.org/own:1", reason: "nobody has it" }];
      },
    };
  });
  afterEach(() => cluster[Symbol.asyncDispose]());

  it("are brought to the nodes, each once, before there is any VM", async () => {
    await runOn(cluster, { fault: vmCrash(), variants: [own, usual, vm("another")] });
    assert.deepEqual(
      asked.map(({ images, vms }) => [images.length, images[0], vms]),
      [[2, "example.org/own:1", 0]],
    );
  });

  it("are left to the nodes where they cannot be had, which the report says of their VMs and of no other", async () => {
    const { end, result } = await runOn(cluster, { fault: vmCrash(), variants: [own, usual] });
    assert.equal(end.status, "complete");
    const notes = Object.fromEntries(result.variants.map(({ name, notes }) => [name, notes]));
    assert.match(
      notes["own"]!.join(),
      /^its image example\.org\/own:1 .*\(nobody has it\): its times may contain a pull$/,
    );
    assert.deepEqual(notes["usual"], []);
    assert.deepEqual(new Set(result.variants.map(({ judgements }) => judgements[0]!.verdict)), new Set(["recovered"]));
  });
});
