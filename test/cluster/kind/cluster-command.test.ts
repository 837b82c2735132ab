import assert from "node:assert/strict";
import { execa } from "execa";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { clusterLabel } from "../../../src/cluster/kind/node-container.ts";
import { nodeImage } from "./node-image.ts";
import { useKind } from "./pretend-cluster.ts";

const bin = join(import.meta.dirname, "../../../bin/rebound.js");

describe("rebound cluster", function () {
  this.timeout(120_000);
  let runtime: ContainerRuntime;
  let home: string;
  let name: string;

  before(async function () {
    runtime = await useKind(this);
  });
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "rebound-cluster-"));
    name = `rebound-test-${randomUUID().slice(0, 8)}`;
  });
  afterEach(async () => {
    await rebound("down");
    await rm(home, { recursive: true, force: true });
  });

  const command = (...args: string[]) => [bin, "cluster", ...args, "--name", name];
  const environment = (more: Record<string, string> = {}) => ({
    reject: false as const,
    env: { NO_COLOR: "1", NODE_OPTIONS: "", XDG_STATE_HOME: home, KUBECONFIG: join(home, "config"), ...more },
  });
  const rebound = (...args: string[]) => execa(process.execPath, command(...args), environment());
  const up = (...args: string[]) => rebound("up", "--node-image", nodeImage, "--kubevirt", "none", ...args);

  /** Containers with the cluster's label, running or not. */
  async function containers(): Promise<number> {
    const filters = { label: [`${clusterLabel}=${name}`] };
    return (await runtime.engine.listContainers({ all: true, filters })).length;
  }

  /** Begins `up`, and sends it a signal as soon as kind has begun to make nodes. */
  async function upUntilNodes(signal: NodeJS.Signals) {
    const running = execa(
      process.execPath,
      command("up", "--node-image", nodeImage, "--kubevirt", "none"),
      environment(),
    );
    for await (const line of running.iterable({ from: "stderr" })) {
      if (line.includes("Preparing nodes")) running.kill(signal);
    }
    return running;
  }

  /** All nodes run; what should run on them is not there, and the status says so. */
  async function mustRun(): Promise<void> {
    const { exitCode, stdout } = await rebound("status");
    assert.equal(stdout.match(/ running +\? /g)?.length, 4, stdout);
    assert.match(stdout, /the API server of context .* does not answer/);
    assert.equal(exitCode, 3);
  }

  async function nodes(): Promise<unknown> {
    return (JSON.parse((await rebound("status", "--json")).stdout) as { nodes: unknown }).nodes;
  }

  it("creates a cluster, leaves one that stands alone, and removes it", async () => {
    const first = await up();
    assert.equal(first.exitCode, 0, first.stderr);
    assert.match(first.stderr, new RegExp(`the cluster ${name} is up; its context is kind-${name}`));
    assert.equal(await containers(), 4, "one control plane, three workers");
    const before = await nodes();
    const second = await up();
    assert.equal(second.exitCode, 0, second.stderr);
    assert.doesNotMatch(second.stderr, /creating|starting/);
    assert.deepEqual(await nodes(), before);
    const down = await rebound("down");
    assert.deepEqual([down.exitCode, down.stderr], [0, `rebound: the cluster ${name} is gone`]);
    assert.equal(await containers(), 0);
    const again = await rebound("down");
    assert.deepEqual([again.exitCode, again.stderr], [0, `rebound: there was no cluster ${name}`]);
  });

  it("shows a node that is down, and starts it", async () => {
    await up();
    await runtime.engine.getContainer(`${name}-worker2`).kill();
    const status = await rebound("status");
    assert.equal(status.exitCode, 3);
    assert.match(status.stdout, /-worker2 +worker +exited/);
    assert.match((await up()).stderr, /starting node .*-worker2, which is exited/);
    await mustRun();
  });

  it("says what a creation failed for and how to mend it, and leaves nothing", async () => {
    const { exitCode, stderr } = await rebound("up", "--kubevirt", "none", "--node-image", "127.0.0.1:1/none:1");
    assert.equal(exitCode, 3);
    assert.match(stderr, /the node image 127\.0\.0\.1:1\/none:1 is neither in the container engine nor/);
    assert.match(stderr, /`docker load`.*--node-image/);
    assert.equal(await containers(), 0);
    assert.ok(!existsSync(join(home, "rebound", `${name}.creating`)));
    assert.equal((await rebound("status")).exitCode, 3);
  });

  it("leaves nothing when it is interrupted", async () => {
    const { exitCode } = await upUntilNodes("SIGINT");
    assert.equal(exitCode, 130);
    assert.equal(await containers(), 0);
  });

  it("completes what a killed one began", async () => {
    await upUntilNodes("SIGKILL");
    assert.ok(existsSync(join(home, "rebound", `${name}.creating`)));
    const { exitCode, stderr } = await up();
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /removing what an interrupted creation left/);
    assert.equal(await containers(), 4);
    assert.ok(!existsSync(join(home, "rebound", `${name}.creating`)));
    // Were the first one's kind still at work, it would remove the nodes of the second when it fails.
    await mustRun();
  });

  it("waits for nobody who creates the same cluster already", async () => {
    const running = execa(
      process.execPath,
      command("up", "--node-image", nodeImage, "--kubevirt", "none"),
      environment(),
    );
    for await (const line of running.iterable({ from: "stderr" })) {
      if (!line.includes("Preparing nodes")) continue;
      const { exitCode, stderr } = await up();
      assert.equal(exitCode, 3);
      assert.match(stderr, new RegExp(`process ${running.pid} is creating the cluster ${name}`));
    }
    assert.equal((await running).exitCode, 0);
    assert.equal(await containers(), 4);
  });

  it("says that an engine does not answer", async () => {
    const nowhere = environment({ DOCKER_HOST: "unix:///nowhere.sock" });
    const { exitCode, stderr } = await execa(process.execPath, command("up"), nowhere);
    assert.equal(exitCode, 3);
    assert.match(stderr, /no container engine answers \(unix:\/\/\/nowhere\.sock does not\); start one/);
  });

  it("says where KubeVirt's manifests are missing, before it creates anything", async () => {
    const { exitCode, stderr } = await up("--kubevirt-manifests", home);
    assert.equal(exitCode, 2);
    assert.match(stderr, /--kubevirt-manifests must have kubevirt-operator\.yaml and kubevirt-cr\.yaml/);
    assert.equal(await containers(), 0);
  });

  it("examines the machine it runs on", async () => {
    const { stdout } = await rebound("doctor", "--json");
    const findings = JSON.parse(stdout) as { name: string; health: string; found: string; cure: string | null }[];
    const of = (what: string) => findings.find((each) => each.name === what);
    assert.equal(of("container engine")?.health, "good");
    assert.match(of("kind")!.found, /^\d+\.\d+\.\d+/);
    assert.ok(findings.every(({ health, cure }) => (health === "good") === (cure === null)));
  });
});
