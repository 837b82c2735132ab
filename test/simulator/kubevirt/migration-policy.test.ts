import assert from "node:assert/strict";
import fc from "fast-check";
import { Lab } from "./lab.ts";
import { runningVm, until } from "./migrations.ts";

const group = "/apis/migrations.kubevirt.io/v1alpha1";

async function createPolicy(lab: Lab, name: string, spec: object): Promise<{ status: number; body: unknown }> {
  const policy = { apiVersion: "migrations.kubevirt.io/v1alpha1", kind: "MigrationPolicy", metadata: { name }, spec };
  return lab.request("POST", `${group}/migrationpolicies`, policy);
}

async function migrated(lab: Lab) {
  await lab.virtctl("migrate", "vm");
  until(lab, () => lab.vmi("vm")?.status.migrationState?.completed === true, 120);
  return lab.vmi("vm")!.status.migrationState as {
    migrationPolicyName?: string;
    migrationConfiguration: Record<string, unknown>;
  };
}

const ofVm = { virtualMachineInstanceSelector: { "lab/name": "vm" } };

describe("a migration policy", () => {
  it("sets the limits of the migrations of those that it selects, and is named by them", async () => {
    const lab = await runningVm();
    await createPolicy(lab, "slow", { selectors: ofVm, bandwidthPerMigration: "64Mi", allowPostCopy: true });
    const { migrationPolicyName, migrationConfiguration } = await migrated(lab);
    assert.equal(migrationPolicyName, "slow");
    assert.equal(migrationConfiguration["bandwidthPerMigration"], "64Mi");
    assert.equal(migrationConfiguration["allowPostCopy"], true);
    assert.equal(migrationConfiguration["allowWorkloadDisruption"], true);
    assert.equal(migrationConfiguration["completionTimeoutPerGiB"], 150);
  });

  it("that selects others, or nobody, changes nothing", async () => {
    const lab = await runningVm();
    await createPolicy(lab, "others", {
      selectors: { virtualMachineInstanceSelector: { app: "db" } },
      allowPostCopy: true,
    });
    await createPolicy(lab, "elsewhere", {
      selectors: { ...ofVm, namespaceSelector: { team: "a" } },
      allowPostCopy: true,
    });
    const { migrationPolicyName, migrationConfiguration } = await migrated(lab);
    assert.equal(migrationPolicyName, undefined);
    assert.equal(migrationConfiguration["allowPostCopy"], false);
  });

  it("is chosen by how much it says, of the VMI before its namespace, then by name, whatever the order they came in", async () => {
    const namespace = { namespaceSelector: { "kubernetes.io/metadata.name": "lab" } };
    const policies = [
      ["b-both", { ...ofVm, ...namespace }],
      ["a-both", { ...ofVm, ...namespace }],
      ["vm", ofVm],
      ["namespace", namespace],
      ["all", {}],
    ] as const;
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...policies], { minLength: 1 }), async (some) => {
        const lab = await runningVm();
        lab.simulation.store.mutate("namespaces", undefined, "lab", ({ metadata }) => {
          metadata.labels = { "kubernetes.io/metadata.name": "lab" };
        });
        for (const [name, selectors] of some) assert.equal((await createPolicy(lab, name, { selectors })).status, 201);
        const order = ["a-both", "b-both", "vm", "namespace", "all"];
        const expected = order.find((name) => some.some(([one]) => one === name));
        assert.equal((await migrated(lab)).migrationPolicyName, expected);
      }),
      { numRuns: 8 },
    );
  });

  it("with a limit below nothing, or one behind a closed gate, is refused", async () => {
    const lab = new Lab();
    const negative = await createPolicy(lab, "no", { selectors: ofVm, completionTimeoutPerGiB: -1 });
    assert.equal(negative.status, 422);
    assert.match(JSON.stringify(negative.body), /migration-policy-validator\.kubevirt\.io.*must not be negative/);
    assert.equal((await createPolicy(lab, "no", { selectors: ofVm, maxDowntimeMs: 10 })).status, 422);
  });
});
