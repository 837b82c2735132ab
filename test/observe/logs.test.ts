import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { Cluster } from "../../src/cluster/cluster.ts";
import { simulatedCluster } from "../../src/cluster/simulated/simulated-cluster.ts";
import type { VirtualMachineInstance } from "../../src/kube/objects.ts";
import { virtualMachineInstances } from "../../src/kube/resources.ts";
import { startLogs } from "../../src/observe/logs.ts";
import { redactText } from "../../src/observe/redact.ts";
import { vm } from "../../src/workload/variant.ts";

describe("the logs of a run", () => {
  let cluster: Cluster;
  let folder: string;

  beforeEach(async () => {
    cluster = await simulatedCluster({ seed: 1, nodes: 2 });
    folder = mkdtempSync(join(tmpdir(), "rebound-logs-"));
  });

  afterEach(async () => {
    await cluster[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const options = () => ({ folder: join(folder, "e"), namespace: "default", kubeVirtNamespace: "kubevirt" });
  const files = () => readdirSync(options().folder).sort();
  const read = (name: string) => readFileSync(join(options().folder, name), "utf8");

  async function runVm(): Promise<VirtualMachineInstance> {
    const metadata = { name: "a", namespace: "default" };
    await cluster.kube.create({ ...vm("a", { runStrategy: "Always" }).manifests[0]!, metadata });
    await cluster.clock.sleep(60_000);
    return (await cluster.kube.get<VirtualMachineInstance>(virtualMachineInstances, "a", "default"))!;
  }

  it("hold each launcher's from its beginning to its end, also when it is deleted after", async () => {
    await using _logs = await startLogs(cluster, options());
    const vmi = await runVm();
    await cluster.actuators.killQemu({ ...vmi.metadata, namespace: "default" });
    await cluster.clock.sleep(120_000);
    assert.equal(files().length, 2, "the one that died, and its successor");
    for (const name of files()) {
      assert.match(name, /^virt-launcher-a-\w+-compute\.log$/);
      const lines = read(name).trimEnd().split("\n");
      assert.equal(new Set(lines).size, lines.length, "no line twice");
      assert.match(lines[0]!, /^20\d\d-\d\d-\d\dT[\d:.]+Z /);
    }
  });

  it("hold what the kubelet of a node says, as far as the node can be asked", async () => {
    const asked: string[] = [];
    let isAway = false;
    const unitLog = async (node: string, unit: string, since: Date) => {
      if (isAway) throw new Error("it is away");
      asked.push(since.toISOString());
      return `${node} ${unit} since ${since.toISOString()}\n`;
    };
    {
      await using logs = await startLogs({ ...cluster, unitLog }, options());
      await logs.followNodes(["worker"]);
      await cluster.clock.sleep(20_000);
      isAway = true;
      await cluster.clock.sleep(60_000);
      isAway = false;
    }
    assert.deepEqual(files(), ["worker-kubelet.log"]);
    const lines = read("worker-kubelet.log").trimEnd().split("\n");
    assert.deepEqual(
      lines,
      asked.map((since) => `worker kubelet since ${since}`),
    );
    assert.equal(lines.length, 3, "at once, after a while, and at the end, since it was last there");
  });

  it("repeat no secret of a manifest, however often it is quoted", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 0, max: 3 }), (other, depth) => {
        let text = JSON.stringify({ name: "a", userData: `hunter2${other}hunter2`, after: "kept" });
        for (let level = 0; level < depth; level++) text = JSON.stringify({ message: text });
        const redacted = redactText(text);
        assert.doesNotMatch(redacted, /hunter2/);
        assert.match(redacted, /userData/);
      }),
    );
  });
});
