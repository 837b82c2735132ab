import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notYet, waitUntil } from "../../../src/clock/wait-until.ts";
import type { Cluster, VmiRef } from "../../../src/cluster/cluster.ts";
import { openCluster } from "../../../src/cluster/open-cluster.ts";
import { condition, type VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { nodes, virtualMachineInstances } from "../../../src/kube/resources.ts";
import type { JournalLine } from "../../../src/observe/journal.ts";
import { JournalWriter } from "../../../src/observe/journal-writer.ts";
import { startRecorder } from "../../../src/observe/recorder.ts";

const open = (seed = 7, workers = 3): Promise<Cluster> =>
  openCluster({ provider: "simulated", nodes: workers }, { seed, holdMs: 0 });

/** Creates a VM that always runs, and waits until its VMI is Ready; returns that. */
async function runVm({ kube, clock }: Cluster, name: string): Promise<VmiRef & { node: string }> {
  await kube.create({
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name, namespace: "default" },
    spec: { runStrategy: "Always", template: { spec: { domain: { devices: {}, memory: { guest: "128Mi" } } } } },
  });
  const vmi = await waitUntil(clock, {
    what: `VM ${name} to be ready`,
    limitMs: 300_000,
    look: async () => {
      const found = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, "default");
      return found !== null && condition(found, "Ready")?.status === "True"
        ? found
        : notYet(found?.status.phase ?? "none");
    },
  });
  return { namespace: "default", name, uid: vmi.metadata.uid, node: vmi.status.nodeName! };
}

describe("the simulated cluster", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "rebound-simulated-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("says what it is: a prediction, its versions, and the settings that it was given", async () => {
    await using cluster = await open(1, 5);
    const { settings, ...description } = cluster.description;
    assert.deepEqual(description, {
      provider: "simulated",
      prediction: true,
      kubernetes: "v1.36.2",
      kubevirt: "v1.9.0",
      nodes: 6,
      acceleration: "simulated",
      cgroup: "v2",
      operators: [],
    });
    assert.equal(settings.nodeMonitorGracePeriodSeconds, 50);
    assert.equal((await cluster.kube.list(nodes)).length, 6, "five workers and the control plane");
  });

  it("brackets each act, and says what shows that it took effect", async () => {
    await using cluster = await open();
    const vmi = await runVm(cluster, "vm");
    const now = cluster.clock.now();
    const receipt = await cluster.actuators.killQemu(vmi);
    assert.deepEqual([receipt.fromMs, receipt.toMs], [now, now]);
    assert.match(receipt.evidence, /qemu/);
  });

  it("an act that cannot be done is the environment's failure", async () => {
    await using cluster = await open();
    const nobody = { namespace: "default", name: "nobody", uid: "none" };
    await assert.rejects(cluster.actuators.killQemu(nobody), { name: "EnvironmentError", message: /none/ });
    await assert.rejects(cluster.actuators.powerOff("no-such-node"), {
      name: "EnvironmentError",
      message: /no-such-node/,
    });
    await cluster.actuators.powerOff("worker");
    await assert.rejects(cluster.actuators.powerOff("worker"), { name: "EnvironmentError" });
  });

  it("can do all that may be asked of a cluster", async () => {
    await using cluster = await open();
    for (const capability of [
      "node-power",
      "node-shutdown",
      "kill-qemu",
      "hang-guest",
      "container-oom",
      "guest-port",
    ] as const) {
      assert.equal(cluster.actuators.unsupported(capability), null);
    }
  });

  /** A VM killed and a node lost, recorded: the journal's bytes. */
  const record = async (seed: number, file: string): Promise<string> => {
    await using cluster = await open(seed);
    const journal = new JournalWriter(join(folder, file), cluster.clock);
    {
      await using _recorder = await startRecorder(cluster, journal, {
        namespace: "default",
        kubeVirtNamespace: "kubevirt",
      });
      const vmi = await runVm(cluster, "vm");
      await cluster.clock.sleep(60_000);
      await cluster.actuators.killQemu(vmi);
      await cluster.clock.sleep(60_000);
      // It may have come back on another node.
      const now = await cluster.kube.get<VirtualMachineInstance>(virtualMachineInstances, "vm", "default");
      await cluster.actuators.powerOff(now!.status.nodeName!);
      await cluster.clock.sleep(400_000);
    }
    journal.close("complete");
    return readFileSync(join(folder, file), "utf8");
  };

  it("the same seed gives the same journal byte for byte, alone or beside other clusters", async () => {
    const alone = await record(7, "alone.jsonl");
    const [beside, other] = await Promise.all([record(7, "beside.jsonl"), record(8, "other.jsonl")]);
    assert.equal(beside, alone);
    assert.notEqual(other, alone);
  });

  it("records the VM's death and return, and what its guest answered", async () => {
    await record(7, "j.jsonl");
    const lines = readFileSync(join(folder, "j.jsonl"), "utf8").trimEnd().split("\n");
    const samples = lines.map((line) => JSON.parse(line) as JournalLine).filter((line) => line.kind === "sample");
    const bootIds = samples.filter(({ ok }) => ok).map(({ bootId }) => bootId);
    assert.equal(new Set(bootIds).size, bootIds.length, "each answer is of another boot");
    assert.ok(bootIds.length >= 2);
    assert.ok(samples.every(({ at, asked }) => at === asked && Math.abs((asked * 10) % 1) < 1e-6));
    assert.equal(samples.at(-1)!.ok, false, "its node is lost");
  });
});
