import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import { prepare, type Selection } from "../../src/experiment/prepare.ts";

const everything: Selection = {
  scenarios: [],
  vmFiles: [],
  grep: null,
  fault: null,
  remedy: null,
  practice: null,
  siteRules: null,
  isolate: false,
  shard: null,
  seed: 1,
  repeat: 1,
};

describe("what is selected", () => {
  let cluster: Cluster;

  before(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 3 });
  });

  after(() => cluster[Symbol.asyncDispose]());

  const idsOf = async (over: Partial<Selection>): Promise<string[]> => {
    const prepared = await prepare({ ...everything, ...over }, cluster);
    return prepared.map(({ plan }) => plan.id);
  };

  it("by remedy has that remedy", async () => {
    const prepared = await prepare({ ...everything, remedy: "delete-node" }, cluster);
    assert.ok(prepared.length > 0);
    for (const { plan } of prepared)
      assert.deepEqual(
        plan.remedies.map(({ name }) => name),
        ["delete-node"],
      );
  });

  it("by practice bears on it", async () => {
    const prepared = await prepare({ ...everything, practice: "node-maintenance" }, cluster);
    assert.ok(prepared.length > 0);
    for (const { plan } of prepared) assert.ok(plan.practices.includes("node-maintenance"));
  });

  it("in shards is everything, each experiment once", async () => {
    const shards = await Promise.all([1, 2, 3].map((index) => idsOf({ shard: { index, of: 3 } })));
    assert.deepEqual(shards.flat().sort(), (await idsOf({})).sort());
  });

  it("in isolation has one victim in each experiment, and every bystander", async () => {
    const prepared = await prepare({ ...everything, scenarios: ["vm-crash"], isolate: true }, cluster);
    assert.deepEqual(
      prepared.map(({ plan }) => [plan.id, plan.variants.map(({ name }) => name).join(" ")]),
      ["always", "rerun", "manual", "once", "bare", "rs"].map((name) => [`vm-crash-${name}`, `${name} halted`]),
    );
  });

  it("in isolation is matched by the name beside the others, and by the one that it has alone", async () => {
    for (const grep of [/^vm-crash\/rerun$/, /^vm-crash-rerun\/rerun$/]) {
      assert.deepEqual(await idsOf({ isolate: true, grep }), ["vm-crash-rerun"]);
    }
  });

  for (const [what, over, message] of [
    ["a remedy that none has", { remedy: "prayer" }, /no experiment has the remedy "prayer"; there are delete-node, /],
    ["a practice that none bears on", { practice: "hope" }, /no experiment bears on the practice "hope"; there are /],
    ["a shard beyond the last", { scenarios: ["vm-crash"], shard: { index: 2, of: 2 } }, /shard 2 of 2 is empty/],
  ] as [string, Partial<Selection>, RegExp][]) {
    it(`is refused with ${what}`, async () => {
      await assert.rejects(idsOf(over), { name: "UsageError", message });
    });
  }
});
