import assert from "node:assert/strict";
import { readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { KubeConfig, CoreV1Api } from "@kubernetes/client-node";
import { rebound, folderWith } from "../../cli/rebound.ts";
import { clientOf } from "./https-client.ts";
import { simulate } from "./served.ts";

describe("rebound simulate", function () {
  this.timeout(30_000);

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    it(`prints one line, its URL, and ends cleanly on ${signal} though a watch is open`, async () => {
      await using served = await simulate("--nodes", "1");
      const send = await clientOf(served);
      const watching = send("GET", "/api/v1/pods?watch=1").catch((error: Error) => error);
      assert.equal((await send("GET", "/readyz")).text, "ok");
      const { code, stdout } = await served.end(signal);
      assert.deepEqual([code, stdout], [0, [served.url]]);
      assert.match(served.url, /^https:\/\/127\.0\.0\.1:\d+$/);
      assert.ok((await watching) instanceof Error);
    });
  }

  it("serves the Kubernetes client for JavaScript with its kubeconfig, which only its owner may read", async () => {
    await using served = await simulate("--nodes", "2", "--seed", "7");
    const config = new KubeConfig();
    config.loadFromFile(served.kubeconfig);
    const { items } = await config.makeApiClient(CoreV1Api).listNode();
    assert.deepEqual(
      items.map(({ metadata }) => metadata!.name),
      ["control-plane", "worker", "worker2"],
    );
    assert.equal((await stat(served.kubeconfig)).mode & 0o777, 0o600);
  });

  it("answers nobody without its certificate", async () => {
    await using served = await simulate("--nodes", "1");
    const { status, body } = await (await clientOf(served, false))("GET", "/api/v1/nodes");
    assert.deepEqual([status, body.kind, body.reason], [401, "Status", "Unauthorized"]);
  });

  it("listens on the loopback interface alone", async function () {
    const other = Object.values(networkInterfaces())
      .flat()
      .find((one) => one?.family === "IPv4" && !one.internal);
    if (other === undefined) this.skip();
    await using served = await simulate("--nodes", "1");
    const socket = connect(Number(new URL(served.url).port), other.address);
    const refusal = await new Promise<NodeJS.ErrnoException>((resolve, reject) => {
      socket.on("error", resolve).on("connect", () => reject(new Error("it was let in")));
    });
    assert.equal(refusal.code, "ECONNREFUSED");
  });

  it("lets its time go as many times faster as it is told", async () => {
    await using served = await simulate("--nodes", "1", "--speed", "100");
    const send = await clientOf(served);
    const renewedAt = async (): Promise<number> => {
      const { body } = await send("GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/worker");
      return Date.parse((body["spec"] as { renewTime: string }).renewTime);
    };
    const from = await renewedAt();
    const began = performance.now();
    while ((await renewedAt()) - from < 30_000) {
      assert.ok(performance.now() - began < 10_000, "30 s took longer than 10 s at a hundred times the speed");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });

  it("leaves a kubeconfig alone that it did not write, and writes over its own", async () => {
    await using folder = await folderWith({ config: "clusters: [{ name: production }]\n" });
    const path = join(folder.path, "config");
    const { exitCode, stderr } = await rebound(["simulate", "--kubeconfig", path]);
    assert.equal(exitCode, 2);
    assert.match(stderr, /config is there already, and Rebound did not write it/);
    assert.equal(await readFile(path, "utf8"), "clusters: [{ name: production }]\n");
    await using first = await simulate("--nodes", "1");
    await writeFile(path, await readFile(first.kubeconfig));
    await using second = await simulate("--nodes", "1", "--kubeconfig", path);
    assert.ok((await readFile(path, "utf8")).includes(second.url));
  });

  it("says what is wrong with its options, and with its port", async () => {
    for (const [option, value, complaint] of [
      ["--speed", "0", /--speed must be a number above 0, not "0"/],
      ["--port", "70000", /--port must be a whole number from 0 to 65535, not "70000"/],
      ["--nodes", "none", /--nodes must be a whole number from 1 to \d+, not "none"/],
    ] as const) {
      const { exitCode, stderr } = await rebound(["simulate", option, value]);
      assert.equal(exitCode, 2);
      assert.match(stderr, complaint);
    }
    await using served = await simulate("--nodes", "1");
    await using folder = await folderWith();
    const { exitCode, stderr } = await rebound(["simulate", "--port", new URL(served.url).port], { cwd: folder.path });
    assert.equal(exitCode, 3);
    assert.match(stderr, /cannot serve on 127\.0\.0\.1, port \d+: .*EADDRINUSE/);
  });
});
