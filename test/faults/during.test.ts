import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { during } from "../../src/faults/during.ts";
import type { Fault, Victim } from "../../src/faults/fault.ts";
import { kubeletStop } from "../../src/faults/kubelet-stop.ts";
import { liveMigration } from "../../src/faults/live-migration.ts";
import { vmCrash } from "../../src/faults/vm-crash.ts";

const victim = { variant: {}, vmi: { namespace: "lab", name: "web", uid: "1" }, node: "a" } as unknown as Victim;

/** A fault that writes down what is done with it. */
function told(name: string, done: string[], hit = true): Fault {
  return {
    ...vmCrash(),
    name,
    inject: async () => {
      done.push(`${name} injected`);
      const receipt = { fromMs: 0, toMs: 0, evidence: name };
      return [hit ? { victim, receipt } : { victim, receipt: null, reason: "it is not there", refused: false }];
    },
    revert: async () => void done.push(`${name} reverted`),
  };
}

describe("a fault during another", () => {
  const cluster = {} as Cluster;

  it("is injected after it, proved by itself, and taken back after it", async () => {
    const done: string[] = [];
    const both = during(told("background", done), told("fault", done));
    const [hit] = await both.inject(cluster, [victim]);
    await both.revert(cluster, [victim]);
    assert.equal(hit?.receipt?.evidence, "fault");
    assert.deepEqual(done, ["background injected", "fault injected", "background reverted", "fault reverted"]);
  });

  it("is not injected where the other could not be", async () => {
    const done: string[] = [];
    const both = during(told("background", done, false), told("fault", done));
    await assert.rejects(both.inject(cluster, [victim]), /background could not be done: it is not there/);
    assert.deepEqual(done, ["background injected"]);
  });

  it("needs the hands of both, and hits whom both can", () => {
    const both = during(kubeletStop(), vmCrash({ times: 2 }));
    assert.deepEqual([both.name, both.scope], ["vm-crash", "node"]);
    assert.deepEqual(both.needs, ["kill-qemu", "kubelet"]);
    assert.deepEqual(both.targets([victim]), ["a", "qemu of web on a"]);
    assert.match(both.unfit({ kind: "VirtualMachineInstanceReplicaSet" } as never) ?? "", /not followed/);
    assert.equal(during(vmCrash(), liveMigration()).scope, "vm");
  });
});
