import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Node } from "../../src/kube/objects.ts";
import { whyNeverScheduled } from "../../src/workload/schedulable.ts";
import { userVariants } from "../../src/workload/user-variants.ts";
import type { Variant } from "../../src/workload/variant.ts";

function variantsOf(text: string): Variant[] {
  const file = join(mkdtempSync(join(tmpdir(), "rebound-")), "vm.yaml");
  writeFileSync(file, text);
  return userVariants([file]);
}

function vmYaml(spec: string): string {
  return `apiVersion: kubevirt.io/v1
kind: VirtualMachine
metadata: {name: web}
spec:
${spec}
  template:
    spec:
      domain: {devices: {}, memory: {guest: 1Gi}}
`;
}

describe("a user's own manifest as the victim", () => {
  it("keeps its run strategy and brings its instance type along", () => {
    const type = `---
apiVersion: instancetype.kubevirt.io/v1beta1
kind: VirtualMachineInstancetype
metadata: {name: clarge}
spec: {cpu: {guest: 1}, memory: {guest: 1Gi}}
`;
    const [variant] = variantsOf(vmYaml("  runStrategy: RerunOnFailure") + type);
    assert.equal(variant?.runStrategy, "RerunOnFailure");
    assert.deepEqual(
      variant?.manifests.map((manifest) => manifest.kind),
      ["VirtualMachine", "VirtualMachineInstancetype"],
    );
  });

  it("takes `running: true` for Always", () => {
    assert.equal(variantsOf(vmYaml("  running: true"))[0]?.runStrategy, "Always");
  });

  it("starts a halted VM for the test, and says so", () => {
    const [variant] = variantsOf(vmYaml("  running: false"));
    assert.equal(variant?.role, "victim");
    assert.equal(variant?.runStrategy, "Always");
    assert.match(variant?.notes?.[0] ?? "", /halted in the manifest/);
  });

  const refusals: [string, string, RegExp][] = [
    ["running together with runStrategy", vmYaml("  running: true\n  runStrategy: Always"), /exclude each other/],
    ["neither of them", vmYaml("  paused: false"), /has no spec\.runStrategy/],
    ["an unknown run strategy", vmYaml("  runStrategy: Sometimes"), /"Sometimes"; it can be Always/],
    ["a file without a VM", "apiVersion: v1\nkind: Secret\nmetadata: {name: a}", /holds no virtual machine/],
    [
      "a kind it does not deploy",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}",
      /apps\/v1 Deployment is not a kind that Rebound deploys/,
    ],
    [
      "a VM without a domain",
      "apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: a}\nspec: {runStrategy: Always, template: {spec: {}}}",
      /VirtualMachine a: spec\.template\.spec\.domain is missing/,
    ],
  ];
  for (const [what, text, message] of refusals) {
    it(`refuses ${what}`, () => {
      assert.throws(() => variantsOf(text), { name: "UsageError", message });
    });
  }
});

describe("a VM that no node can ever run", () => {
  const worker = {
    metadata: { name: "worker", labels: { disk: "ssd" } },
    status: { allocatable: { memory: "8Gi", cpu: "4" } },
  } as unknown as Node;

  function never(spec: string, template = ""): string | null {
    const text = vmYaml(`  runStrategy: Always\n${spec}`).replace("{guest: 1Gi}}", `{guest: 1Gi}}${template}`);
    return whyNeverScheduled(variantsOf(text)[0]!, [worker]);
  }

  it("is not one that fits", () => {
    assert.equal(never("", "\n      nodeSelector: {disk: ssd}"), null);
  });

  it("is one whose selector fits no node", () => {
    assert.match(never("", "\n      nodeSelector: {disk: tape}") ?? "", /no worker has the labels .*disk=tape/);
  });

  it("is one that asks for more memory than any node has", () => {
    const text = vmYaml("  runStrategy: Always").replace("guest: 1Gi", "guest: 9Gi");
    assert.match(whyNeverScheduled(variantsOf(text)[0]!, [worker]) ?? "", /9Gi of memory/);
  });
});
