import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { createKubeClient } from "../../src/cluster/api-client.ts";
import { realClock } from "../../src/clock/real-clock.ts";
import type { KubeClient } from "../../src/cluster/kube-client.ts";
import { networkTransport } from "../../src/cluster/network-transport.ts";
import { loadKubeConfig } from "../../src/cluster/real-cluster.ts";
import { serveSimulatedCluster, type ServedCluster } from "../../src/cluster/simulated/serve-cluster.ts";
import { configMaps } from "../../src/kube/resources.ts";
import { home } from "../../src/safety/cluster-lease.ts";
import { leftovers, takeSnapshot, type Snapshot } from "../../src/safety/snapshot.ts";
import { rebound } from "../cli/rebound.ts";
import { fastClock } from "./fast-clock.ts";

/** How many times faster than the machine's the served cluster's time goes. */
const speed = 150;
/** Lines of its undo journal: four steps, each registered and done. */
const lines = 8;

describe("a run that is killed", function () {
  this.timeout(600_000);
  let folder: string;
  let served: ServedCluster;
  let kube: KubeClient;
  let untouched: Snapshot;
  let servedMs: number;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rebound-killed-"));
    servedMs = Date.now();
    served = await serveSimulatedCluster({ seed: 1, nodes: 3, speed, host: "127.0.0.1", port: 0 });
    writeFileSync(join(folder, "kubeconfig"), served.kubeconfig);
    const config = await loadKubeConfig({ kubeconfig: served.kubeconfig });
    kube = await createKubeClient(networkTransport(config), realClock());
    untouched = await takeSnapshot({ kube, clock: fastClock(speed) }, "rebound-doomed");
  });

  after(async () => {
    await served?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  const env = () => ({ XDG_STATE_HOME: join(folder, "state") });
  const doomedRun = (killAt: number) =>
    execa(process.execPath, [join(import.meta.dirname, "doomed-run.ts"), join(folder, "kubeconfig"), `${killAt}`], {
      env: {
        ...env(),
        DOOMED_SPEED: String(speed),
        DOOMED_SERVED: String(servedMs),
        DOOMED_JOURNAL: join(folder, `journal-${killAt}.jsonl`),
      },
      reject: false,
    });
  const undo = (...args: string[]) => rebound(["undo", ...args], { env: env() });

  async function mustBeAsBefore(): Promise<void> {
    assert.deepEqual(
      await leftovers(untouched, { kube, clock: fastClock(speed) }, { namespace: "rebound-doomed" }),
      [],
    );
    assert.equal(await kube.get(configMaps, "rebound-undo", home), null);
    assert.match((await undo("--list")).stdout, /^$/);
  }

  it("leaves nothing if it is not", async () => {
    const { exitCode, stderr } = await doomedRun(-1);
    assert.equal(exitCode, 0, stderr);
    await mustBeAsBefore();
  });

  for (let killAt = 0; killAt < 2 * lines; killAt++) {
    const when = `${killAt % 2 === 0 ? "before" : "after"} line ${Math.floor(killAt / 2) + 1} of its undo journal`;
    it(`${when} is put back by rebound undo`, async () => {
      const { signal, stderr } = await doomedRun(killAt);
      assert.equal(signal, "SIGKILL", stderr);
      const { exitCode, stdout } = await undo();
      assert.equal(exitCode, 0, stdout);
      await mustBeAsBefore();
    });
  }
});
