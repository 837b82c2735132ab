import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { notYet, waitUntil } from "../../../src/clock/wait-until.ts";
import type { Prober, Sample } from "../../../src/cluster/cluster.ts";
import type { ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { clusterLabel, NodeContainers } from "../../../src/cluster/kind/node-container.ts";
import { proberLabel, startContainerProber } from "../../../src/cluster/kind/prober-container.ts";
import { PretendKube } from "../prober/pretend-kube.ts";
import { useEngine } from "./engine.ts";
import { startGuest, type GuestContainer } from "./guest-container.ts";
import { buildProberImage, proberImage } from "./prober-image.ts";

/** Two periods, and what an answer takes on a busy machine: how wide an interval may be, in milliseconds. */
const widestMs = 250;

describe("the prober's container", function () {
  this.timeout(120_000);
  const cluster = `rebound-test-${randomUUID().slice(0, 8)}`;
  const kube = new PretendKube();
  const samples: Sample[] = [];
  const losses: { fromMs: number; toMs: number; reason: string }[] = [];
  const guests: GuestContainer[] = [];
  let runtime: ContainerRuntime;
  let prober: Prober;

  before(async function () {
    runtime = await useEngine(this);
    await buildProberImage();
    await runtime.engine.createNetwork({ Name: cluster });
    for (const podAddress of ["10.244.71.5", "10.244.72.5"])
      guests.push(await startGuest(runtime, cluster, podAddress));
    // What says which network the nodes are on.
    await runtime.engine
      .createContainer({
        Image: proberImage,
        Entrypoint: ["sleep", "1000"],
        Labels: { [clusterLabel]: cluster, "io.x-k8s.kind.role": "worker" },
        HostConfig: { NetworkMode: cluster },
      })
      .then((node) => node.start());
    kube.node("one", guests[0]!.address, ["10.244.71.0/24"]);
    kube.node("two", guests[1]!.address, ["10.244.72.0/24"]);
    kube.pod("ADDED", "launcher-1", "vm", { phase: "Running", podIP: "10.244.71.5" });
    prober = await start((sample) => samples.push(sample));
  });
  after(async () => {
    await prober?.[Symbol.asyncDispose]();
    for (const guest of guests) await guest[Symbol.asyncDispose]();
    if (runtime === undefined) return;
    for (const { Id } of await labelled(clusterLabel)) await runtime.engine.getContainer(Id).remove({ force: true });
    await runtime.engine.getNetwork(cluster).remove();
  });

  const start = (onSample: (sample: Sample) => void) =>
    startContainerProber({
      nodes: new NodeContainers(runtime, cluster),
      image: proberImage,
      kube: kube.client,
      namespace: "lab",
      onSample,
      onLost: (fromMs, toMs, reason) => losses.push({ fromMs, toMs, reason }),
    });

  const labelled = (label: string) =>
    runtime.engine.listContainers({ all: true, filters: { label: [`${label}=${cluster}`] } });

  const see = (count: number, of = samples) =>
    waitUntil(runtime.clock, {
      what: `${count} samples`,
      limitMs: 15_000,
      everyMs: 20,
      look: () => of[count - 1] ?? notYet(JSON.stringify(of)),
    });

  /** It happened between the sample's bounds, and they are narrow. */
  function mustEnclose({ lastOfPreviousMs, atMs }: Sample, truth: { fromMs: number; toMs: number }): void {
    assert.ok(
      lastOfPreviousMs! <= truth.toMs && truth.fromMs <= atMs,
      `${lastOfPreviousMs}…${atMs} ${JSON.stringify(truth)}`,
    );
    assert.ok(atMs - lastOfPreviousMs! <= widestMs, `${atMs - lastOfPreviousMs!} ms wide`);
  }

  it("reaches a pod by its node, on this machine's own clock", async () => {
    const sample = await see(1);
    assert.equal(sample.vm, "vm");
    assert.equal(sample.uid, "vm-uid");
    assert.equal(sample.ok, true);
    assert.equal(sample.marker, `root/${sample.bootId}`);
    assert.equal(prober.lost, null);
  });

  it("measures an outage of a server within one sample", async () => {
    // How long an answer takes must be known, and not be that of a guest that boots.
    await runtime.clock.sleep(2_500);
    const began = await guests[0]!.pause();
    await see(2);
    await runtime.clock.sleep(1_500);
    const ended = await guests[0]!.unpause();
    await see(3);
    const [, silent, back] = samples;
    assert.deepEqual([silent!.ok, back!.ok], [false, true]);
    mustEnclose(silent!, began);
    mustEnclose(back!, ended);
  });

  it("follows a guest that moves, while it is asked", async () => {
    kube.pod("ADDED", "launcher-2", "vm", { phase: "Running", podIP: "10.244.72.5" });
    kube.pod("MODIFIED", "launcher-1", "vm", { phase: "Succeeded", podIP: "10.244.71.5" });
    const moved = await see(4);
    assert.equal(moved.ok, true);
    assert.notEqual(moved.bootId, samples[2]!.bootId);
    assert.ok(moved.atMs - moved.lastOfPreviousMs! <= widestMs);
  });

  it("tells as lost when it could not ask, and asks again", async () => {
    const [container] = await labelled(proberLabel);
    const fromMs = runtime.clock.now();
    await runtime.engine.getContainer(container!.Id).kill();
    await waitUntil(runtime.clock, {
      what: "the prober to be back",
      limitMs: 30_000,
      everyMs: 20,
      look: () => losses.length > 0 || notYet(`lost: ${JSON.stringify(prober.lost)}`),
    });
    const [loss] = losses;
    assert.ok(loss!.fromMs <= fromMs + 100 && loss!.toMs > fromMs, JSON.stringify({ loss, fromMs }));
    assert.match(loss!.reason, /has ended/);
    assert.equal(prober.lost, null);
    await guests[1]!.pause();
    const silent = await see(5);
    assert.equal(silent.ok, false);
    assert.ok(silent.lastOfPreviousMs! >= loss!.fromMs);
    await guests[1]!.unpause();
    await see(6);
  });

  it("is gone when it is disposed of", async () => {
    await prober[Symbol.asyncDispose]();
    assert.deepEqual(await labelled(proberLabel), []);
  });

  it("is gone within seconds of the harness being killed", async () => {
    const harness = spawn(process.execPath, [join(import.meta.dirname, "harness-with-prober.ts"), cluster], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await seeWord(harness, "asking");
    assert.equal((await labelled(proberLabel)).length, 1);
    harness.kill("SIGKILL");
    await waitUntil(runtime.clock, {
      what: "the prober to go",
      limitMs: 10_000,
      look: async () => (await labelled(proberLabel)).length === 0 || notYet("it is there"),
    });
  });

  it("says which image it lacks", async () => {
    const options = { nodes: new NodeContainers(runtime, cluster), kube: kube.client, namespace: "lab" };
    const lacking = startContainerProber({ ...options, image: "rebound-test/none:1", onSample: () => {} });
    await assert.rejects(lacking, { name: "EnvironmentError", message: /rebound-test\/none:1.*--image prober=/ });
  });
});

async function seeWord(child: ChildProcess, word: string): Promise<void> {
  child.stdout!.setEncoding("utf8");
  for (let text = ""; !text.includes(word);) text += String((await once(child.stdout!, "data"))[0]);
}
