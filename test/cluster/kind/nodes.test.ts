import assert from "node:assert/strict";
import { execInNode, mustExecInNode } from "../../../src/cluster/kind/node-exec.ts";
import { nodePower, type NodePower } from "../../../src/cluster/kind/node-power.ts";
import { kindActuators } from "../../../src/cluster/kind/kind-cluster.ts";
import { kindNodeShell } from "../../../src/cluster/kind/kind-node-shell.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";
import type { Actuators, Receipt } from "../../../src/cluster/cluster.ts";
import { EnvironmentError } from "../../../src/errors.ts";
import { pretendCluster, useKind, type PretendCluster } from "./pretend-cluster.ts";

describe("the nodes of a kind cluster", function () {
  this.timeout(120_000);
  let cluster: PretendCluster;
  let power: NodePower;
  let hands: Actuators;

  before(async function () {
    cluster = await pretendCluster(await useKind(this));
    const known = await cluster.nodes.list();
    power = nodePower(cluster.nodes, known);
    // Nothing here asks the API server: there is none.
    const tools = { shell: kindNodeShell(cluster.nodes), kube: {} as KubeClient, clock: cluster.runtime.clock };
    hands = kindActuators(cluster.nodes, known, tools, () => null);
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  const run = (node: string, ...command: string[]) => mustExecInNode(cluster.nodes, node, command);
  const state = async (node: string) => (await cluster.nodes.find(node)).state;

  /** Whether worker2 gets an answer of the worker, over IPv4 and IPv6. */
  async function answers(): Promise<boolean[]> {
    const { addresses } = await cluster.nodes.find(cluster.worker);
    assert.equal(addresses.length, 2, "an address of each family");
    const asked = addresses.map((address) => {
      const ask = `printf 'GET /boots HTTP/1.0\\r\\n\\r\\n' | nc -w 1 ${address} 80 | grep init`;
      return execInNode(cluster.nodes, cluster.worker2, ["sh", "-c", ask]);
    });
    return (await Promise.all(asked)).map(({ exitCode }) => exitCode === 0);
  }

  function mustBracket({ fromMs, toMs }: Receipt, calledMs: number): void {
    assert.ok(calledMs <= fromMs && fromMs <= toMs && toMs <= cluster.runtime.clock.now(), `${fromMs}…${toMs}`);
  }

  it("are found by kind's labels, and by their role", async () => {
    const nodes = await cluster.nodes.list();
    assert.deepEqual(
      nodes.map(({ name, role, state }) => [name, role, state]),
      [
        [cluster.controlPlane, "control-plane", "running"],
        [cluster.worker, "worker", "running"],
        [cluster.worker2, "worker", "running"],
      ],
    );
    await assert.rejects(cluster.nodes.find("worker9"), /has no node worker9; there are .*-worker2/);
  });

  it("lose their power at once, stay down, and are back with the same address", async () => {
    const before = await cluster.nodes.find(cluster.worker);
    const calledMs = cluster.runtime.clock.now();
    const off = await power.powerOff(cluster.worker);
    mustBracket(off, calledMs);
    assert.match(off.evidence, new RegExp(`\\(pid ${before.pid}\\) exited 137 at 20`));
    await assert.rejects(power.powerOff(cluster.worker), /is exited already/);
    // kind's nodes are restarted once when they fail; a power loss must not be undone by that.
    await cluster.runtime.clock.sleep(1000);
    assert.equal(await state(cluster.worker), "exited");

    const on = await power.powerOn(cluster.worker);
    assert.match(on.evidence, /is running \(pid \d+\), address .* kept/);
    assert.equal(await run(cluster.worker, "cat", "/boots"), "init begun\ninit begun\n");
    await assert.rejects(run(cluster.worker, "cat", "/shut-down"), /No such file/, "nobody was told");
    assert.match((await power.powerOn(cluster.worker)).evidence, /ran already, address .* kept/);
  });

  it("are told apart by address when they come back in the other order", async () => {
    const known = await addressesOf([cluster.worker, cluster.worker2]);
    const byAddress = [...known.keys()].sort((a, b) => known.get(a)![0]!.localeCompare(known.get(b)![0]!));
    const [lower, higher] = byAddress as [string, string];
    // The engine gives the lowest address that is free.
    for (const name of byAddress) await power.powerOff(name);
    for (const [name, other] of [
      [higher, lower],
      [lower, higher],
    ] as const) {
      const { evidence } = await power.powerOn(name);
      assert.match(evidence, new RegExp(`address changed from .* to .*, which was ${other}'s`));
    }
    // Back to where they were, for the tests that follow.
    for (const name of byAddress) await power.powerOff(name);
    for (const name of byAddress) await power.powerOn(name);
    assert.deepEqual(await addressesOf([cluster.worker, cluster.worker2]), known);
  });

  async function addressesOf(names: string[]): Promise<Map<string, string[]>> {
    const nodes = await cluster.nodes.list();
    return new Map(names.map((name) => [name, nodes.find((node) => node.name === name)!.addresses]));
  }

  it("shut down in order when they are told to", async () => {
    const off = await power.shutDown(cluster.worker);
    assert.match(off.evidence, /exited 0 at/);
    assert.ok(off.toMs - off.fromMs < 1500, `it began to at once, and took its time: ${off.toMs - off.fromMs}`);
    await power.powerOn(cluster.worker);
    assert.equal(await run(cluster.worker, "cat", "/shut-down"), "in order\n");
  });

  it("freeze and thaw, and can lose their power while frozen", async () => {
    const frozen = await power.freeze(cluster.worker);
    assert.match(frozen.evidence, /is paused/);
    await assert.rejects(run(cluster.worker, "true"), /is paused, not running/);
    await assert.rejects(power.freeze(cluster.worker), /is paused, not running/);
    assert.match((await power.thaw(cluster.worker)).evidence, /is running, not paused/);
    assert.equal(await run(cluster.worker, "echo", "awake"), "awake\n");
    assert.match((await power.thaw(cluster.worker)).evidence, /is running, not paused/, "once more");

    await power.freeze(cluster.worker);
    assert.match((await power.powerOff(cluster.worker)).evidence, /exited 137/);
    assert.match((await power.thaw(cluster.worker)).evidence, /is exited, not paused/);
    await power.powerOn(cluster.worker);
    await power.freeze(cluster.worker);
    assert.match((await power.powerOn(cluster.worker)).evidence, /is running/, "a frozen node is not off");
  });

  it("are cut off in both families, reached by exec all the while, and mended", async () => {
    await run(cluster.worker, "httpd", "-p", "80", "-h", "/");
    assert.deepEqual(await answers(), [true, true]);
    const cut = await hands.disconnect(cluster.worker);
    assert.match(cut.evidence, /4 rules drop IPv4 and IPv6 on eth0, both ways/);
    assert.deepEqual(await answers(), [false, false]);
    assert.equal(await run(cluster.worker, "echo", "here"), "here\n");
    assert.match((await hands.disconnect(cluster.worker)).evidence, /4 rules drop/, "no rule twice");
    assert.match((await hands.connect(cluster.worker)).evidence, /0 rules left/);
    assert.deepEqual(await answers(), [true, true]);
    assert.match((await hands.connect(cluster.worker)).evidence, /0 rules left/, "once more");
  });

  it("keep the packet filter of others", async () => {
    await run(cluster.worker, "iptables", "-t", "raw", "-A", "PREROUTING", "-p", "sctp", "-j", "DROP");
    await hands.disconnect(cluster.worker);
    await hands.connect(cluster.worker);
    const rules = await run(cluster.worker, "iptables", "-t", "raw", "-S", "PREROUTING");
    assert.equal(rules, "-P PREROUTING ACCEPT\n-A PREROUTING -p sctp -j DROP\n");
  });

  it("lose their packet filter with their power", async () => {
    await hands.disconnect(cluster.worker);
    await power.powerOff(cluster.worker);
    assert.match((await hands.connect(cluster.worker)).evidence, /its filter is gone with it/);
    await power.powerOn(cluster.worker);
    assert.match((await hands.connect(cluster.worker)).evidence, /0 rules left/);
  });

  for (const [service, stop, start] of [
    ["kubelet", "stopKubelet", "startKubelet"],
    ["containerd", "stopRuntime", "startRuntime"],
  ] as const) {
    it(`have their ${service} stopped and started`, async () => {
      assert.match((await hands[stop](cluster.worker)).evidence, new RegExp(`${service} is inactive`));
      await assert.rejects(hands[stop](cluster.worker), /is inactive, not active/);
      assert.match((await hands[start](cluster.worker)).evidence, /is active/);
      assert.match((await hands[start](cluster.worker)).evidence, /is active/, "once more");
    });
  }

  it("are left alone where nobody could see what becomes of it: the only control plane", async () => {
    const { controlPlane } = cluster;
    for (const act of [
      () => power.powerOff(controlPlane),
      () => power.shutDown(controlPlane),
      () => power.freeze(controlPlane),
      () => hands.disconnect(controlPlane),
    ]) {
      await assert.rejects(act(), /only control plane/);
    }
    assert.equal(await state(cluster.controlPlane), "running");
  });

  it("have commands ended that do not end", async () => {
    const begun = cluster.runtime.clock.now();
    const forever = execInNode(cluster.nodes, cluster.worker, ["sh", "-c", "sleep 4321"], { limitSeconds: 1 });
    await assert.rejects(forever, { name: "EnvironmentError", message: /did not end within 1 s/ });
    assert.ok(cluster.runtime.clock.now() - begun < 5000);
  });

  it("let go of a command when they are told to", async () => {
    const control = new AbortController();
    const { signal } = control;
    const forever = execInNode(cluster.nodes, cluster.worker, ["sleep", "5"], { signal });
    setTimeout(() => control.abort(new Error("enough")), 200);
    const begun = cluster.runtime.clock.now();
    await assert.rejects(forever, /enough/);
    assert.ok(cluster.runtime.clock.now() - begun < 3000);
  });

  it("never run what would hit the kernel that they share", async () => {
    for (const command of [
      ["sh", "-c", "echo c > /proc/sysrq-trigger"],
      ["reboot", "-f"],
      ["systemctl", "reboot"],
      ["sh", "-c", "sleep 1; /sbin/poweroff"],
      ["sysctl", "-w", "kernel.panic=1"],
    ]) {
      await assert.rejects(execInNode(cluster.nodes, cluster.worker, command), EnvironmentError, command.join(" "));
      await assert.rejects(execInNode(cluster.nodes, cluster.worker, command), /would hit the kernel/);
    }
  });
});
