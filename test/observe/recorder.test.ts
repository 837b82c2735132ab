import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createKubeClient } from "../../src/cluster/api-client.ts";
import type { Cluster, Sample } from "../../src/cluster/cluster.ts";
import { inProcessTransport } from "../../src/cluster/simulated/in-process-transport.ts";
import { VirtualClock } from "../../src/cluster/simulated/virtual-clock.ts";
import { startClockCheck } from "../../src/observe/clock-check.ts";
import { JournalWriter } from "../../src/observe/journal-writer.ts";
import { startRecorder } from "../../src/observe/recorder.ts";
import { ManualClock } from "../clock/manual-clock.ts";
import { apiOf } from "../simulator/api/world.ts";

describe("the recorder", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "rebound-recorder-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A cluster without controllers whose prober is in the test's hands; its history holds few changes. */
  const make = async (historyLength?: number) => {
    const { api, world } = apiOf(historyLength === undefined ? {} : { historyLength });
    const clock = new VirtualClock(world.clock);
    const kube = await createKubeClient(
      inProcessTransport((request) => api.handle(request), clock),
      clock,
    );
    const prober = {
      tell: undefined as undefined | ((sample: Sample) => void),
      lose: undefined as undefined | ((fromMs: number, toMs: number, reason: string) => void),
      namespace: "",
    };
    const cluster = {
      clock,
      kube,
      startProber: (namespace: string, tell: typeof prober.tell, lose: typeof prober.lose) => {
        Object.assign(prober, { tell, lose, namespace });
        return Promise.resolve({ periodMs: 100, lost: null, [Symbol.asyncDispose]: () => Promise.resolve() });
      },
    } as unknown as Cluster;
    const journal = new JournalWriter(join(folder, "j.jsonl"), clock);
    const create = (name: string): void =>
      void world.store.create("pods", {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "lab" },
        spec: { containers: [] },
        status: { phase: "Pending" },
      } as never);
    return { api, world, clock, cluster, journal, prober, create };
  };

  it("writes what was there, then what changes, each at its instant", async () => {
    const { clock, cluster, journal, world, create } = await make();
    create("first");
    const recorder = await startRecorder(cluster, journal, { namespace: "lab", kubeVirtNamespace: "kubevirt" });
    world.clock.schedule(1500, () => create("second"));
    world.clock.schedule(2500, () => void world.store.delete("pods", "lab", "second"));
    await clock.sleep(10_000);
    await recorder[Symbol.asyncDispose]();
    const seen = journal.lines.map((line) =>
      line.kind === "watch" ? `${line.at} ${line.verb} ${line.resource} ${line.object.metadata.name}` : line.kind,
    );
    assert.deepEqual(seen, [
      "0 LISTED pods first",
      "1.5 ADDED pods second",
      // As on a real API server: a pod is marked with no grace left, and gone with that.
      "2.5 MODIFIED pods second",
      "2.5 DELETED pods second",
    ]);
  });

  it("writes samples in the journal's seconds", async () => {
    const { clock, cluster, journal, prober } = await make();
    await clock.sleep(1000);
    const late = new JournalWriter(join(folder, "late.jsonl"), clock);
    const recorder = await startRecorder(cluster, late, { namespace: "lab", kubeVirtNamespace: "kubevirt" });
    await clock.sleep(500);
    const answer = { vm: "web", uid: "u", ok: true, bootId: "b" };
    prober.tell!({ ...answer, atMs: 1500, askedMs: 1500, lastOfPreviousMs: 1400 });
    prober.tell!({ ...answer, atMs: 1500, askedMs: 1500, lastOfPreviousMs: null });
    await recorder[Symbol.asyncDispose]();
    assert.equal(prober.namespace, "lab");
    const line = { at: 0.5, wall: "2026-01-01T00:00:01.500Z", kind: "sample", ...answer, asked: 0.5 };
    assert.deepEqual(late.lines, [
      { ...line, lastOfPrevious: 0.4 },
      { ...line, lastOfPrevious: null },
    ]);
    journal.close("complete");
  });

  it("owns up to what it could not see: a history that expired while away, a prober that could not ask", async () => {
    const { clock, cluster, journal, prober, world, create } = await make(4);
    create("a");
    const recorder = await startRecorder(cluster, journal, { namespace: "lab", kubeVirtNamespace: "kubevirt" });
    world.clock.schedule(1000, () => world.setRunning("kube-apiserver", false));
    for (let i = 0; i < 10; i++) world.clock.schedule(2000 + i, () => create(`b${i}`));
    world.clock.schedule(3000, () => world.setRunning("kube-apiserver", true));
    await clock.sleep(10_000);
    prober.lose!(4000, 5000, "its node is gone");
    await recorder[Symbol.asyncDispose]();
    const lost = journal.lines.filter((line) => line.kind === "watch-lost");
    assert.ok(lost.every((line) => line.resource === "samples" || (line.from === 1 && line.to >= 3 && line.to < 10)));
    assert.ok(lost.some((line) => line.resource === "pods" && /too old resource version/.test(line.reason)));
    assert.deepEqual(
      lost.filter((line) => line.resource === "samples").map(({ from, to, reason }) => [from, to, reason]),
      [[4, 5, "its node is gone"]],
    );
    const added = journal.lines.filter((line) => line.kind === "watch" && line.verb === "ADDED");
    assert.equal(added.length, 10);
    assert.ok(added.every((line) => line.kind === "watch" && line.blindSince === 1));
  });

  it("fails, and says so at once and when it is stopped, where the journal cannot be written", async () => {
    const { clock, cluster, journal, world, create } = await make();
    const recorder = await startRecorder(cluster, journal, { namespace: "lab", kubeVirtNamespace: "kubevirt" });
    const full = new Error("no space left on device");
    journal.append = () => {
      throw full;
    };
    world.clock.schedule(1000, () => create("a"));
    await clock.sleep(2000, recorder.failed).then(
      () => assert.fail("the recording did not fail"),
      (error: unknown) => assert.equal(error, full),
    );
    assert.equal(clock.now(), 1000);
    await assert.rejects(async () => recorder[Symbol.asyncDispose](), /no space left/);
  });

  it("leaves no watch behind when it cannot start", async () => {
    const { api, cluster, journal } = await make();
    cluster.startProber = () => Promise.reject(new Error("no room for a prober"));
    await assert.rejects(
      startRecorder(cluster, journal, { namespace: "lab", kubeVirtNamespace: "kubevirt" }),
      /no room for a prober/,
    );
    assert.equal(api.openWatches, 0);
  });
});

describe("the clock check", () => {
  it("notes when the calendar parts from the monotonic clock, by how much, and once", async () => {
    const clock = new ManualClock();
    let shiftMs = 0;
    const wall = clock.wall.bind(clock);
    clock.wall = () => new Date(wall().getTime() + shiftMs);
    const folder = mkdtempSync(join(tmpdir(), "rebound-clock-"));
    const journal = new JournalWriter(join(folder, "j.jsonl"), clock);
    const stop = startClockCheck(clock, journal);
    await clock.advance(60_000);
    shiftMs = 50;
    await clock.advance(60_000);
    shiftMs = -2950;
    await clock.advance(60_000);
    stop();
    assert.equal(clock.pending, 0);
    rmSync(folder, { recursive: true });
    assert.deepEqual(
      journal.lines.map((line) => ({ ...line, wall: "" })),
      [{ at: 125, wall: "", kind: "clock", skewMs: -3000, against: "wall" }],
    );
  });
});
