import assert from "node:assert/strict";
import type { Actuators, Receipt } from "../../../src/cluster/cluster.ts";
import { marksOn } from "../../../src/cluster/hands/marks.ts";
import { shellHands } from "../../../src/cluster/hands/shell-hands.ts";
import { kindNodeShell } from "../../../src/cluster/kind/kind-node-shell.ts";
import { mustRunOn, type NodeShell } from "../../../src/cluster/node-shell.ts";
import { pretendCluster, useKind, type PretendCluster } from "./pretend-cluster.ts";
import { beginGuest, endGuest, podAddress, pretendApi, vmi } from "./pretend-guest.ts";

const gib = 2 ** 30;

describe("hands through a shell on a node", function () {
  this.timeout(60_000);
  let cluster: PretendCluster;
  let shell: NodeShell;
  let hands: Omit<Actuators, "powerOff" | "powerOn" | "shutDown" | "freeze" | "thaw" | "unsupported">;
  const kubelet = {
    configz: { kubeletconfig: { evictionHard: { "memory.available": "20Gi" } } },
    "stats/summary": { node: { memory: { availableBytes: 20 * gib + 32 * 2 ** 20 } } },
  };

  before(async function () {
    this.timeout(180_000);
    cluster = await pretendCluster(await useKind(this));
    shell = kindNodeShell(cluster.nodes);
    const others = [{ name: cluster.worker2 }, { name: cluster.controlPlane, controlPlane: true }];
    const kube = pretendApi(cluster.worker, others, kubelet);
    hands = shellHands({ shell, kube, clock: cluster.runtime.clock });
  });
  after(() => cluster?.[Symbol.asyncDispose]());

  const on = async (node: string, script: string): Promise<string> =>
    (await mustRunOn(shell, node, "a look", script)).stdout.trim();
  const onWorker = (script: string): Promise<string> => on(cluster.worker, script);

  /** How many processes of that name run in the node, as the kernel calls them. */
  const count = async (name: string): Promise<number> =>
    Number(await onWorker(`grep -lE '^${name}$' /proc/[0-9]*/comm 2>/dev/null | wc -l`));

  /** A line that prints what a server of the pretended ones answers, if it does. */
  const ask = (to: string): string => `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 1 ${to} | grep served || true`;

  function mustBracket({ fromMs, toMs }: Receipt, calledMs: number): void {
    assert.ok(calledMs <= fromMs && fromMs <= toMs && toMs <= cluster.runtime.clock.now(), `${fromMs}…${toMs}`);
  }

  /** What the worker still bears of the hands. */
  const marks = async (): Promise<string[]> =>
    (await marksOn(shell, cluster.worker)).map((mark) => mark.replace(`node ${cluster.worker}: `, ""));

  afterEach(async () => assert.deepEqual(await marks(), [], "nothing is left"));

  describe("on a guest", () => {
    beforeEach(() => beginGuest(shell, cluster.worker));
    afterEach(() => endGuest(shell, cluster.worker));

    it("kill qemu of that guest and no other process, and know when", async () => {
      const calledMs = cluster.runtime.clock.now();
      const receipt = await hands.killQemu(vmi);
      mustBracket(receipt, calledMs);
      assert.match(receipt.evidence, /qemu \(pid \d+ on node .*-worker\) is gone/);
      assert.ok(receipt.fromMs > calledMs && receipt.toMs < cluster.runtime.clock.now(), "by the node's own stamps");
      assert.equal(await count("qemu-system-x86"), 1, "the other container's");
      assert.deepEqual([await count("virt-launcher"), await count("virtqemud")], [1, 1]);
      await assert.rejects(hands.killQemu(vmi), { name: "EnvironmentError", message: /no qemu runs in container/ });
    });

    it("kill virt-launcher, or its libvirt, alone", async () => {
      assert.match((await hands.killLauncher(vmi)).evidence, /virt-launcher \(pid \d+ .*\) is gone/);
      assert.deepEqual(
        [await count("virt-launcher"), await count("virtqemud"), await count("qemu-system-x86")],
        [0, 1, 2],
      );
      assert.match((await hands.killLibvirt(vmi)).evidence, /virtqemud \(pid \d+ .*\) is gone/);
      assert.deepEqual([await count("virtqemud"), await count("qemu-system-x86")], [0, 2]);
    });

    it("make it deaf on one port over both families, and hear again", async () => {
      const answers = async (): Promise<string> => {
        const asked = [`${podAddress} 1500`, "fd99::2 1500", `${podAddress} 1501`, "fd99::2 1501"];
        return onWorker(asked.map(ask).join("\n"));
      };
      const all = "served\nserved\nserved\nserved";
      assert.equal(await answers(), all);
      const calledMs = cluster.runtime.clock.now();
      const closed = await hands.closePort(vmi, 1500);
      mustBracket(closed, calledMs);
      assert.match(closed.evidence, /4 rules in the network of pod virt-launcher-web-x drop what comes for port 1500/);
      assert.equal(await answers(), "served\nserved", "the other port goes on");
      assert.match((await marks()).join(), /^a closed port in the network of process \d+$/);
      await hands.closePort(vmi, 1500);
      await hands.openPort(vmi, 1500);
      assert.equal(await answers(), all, "also after it was closed twice");
      assert.match((await hands.openPort(vmi, 1500)).evidence, /no rule .* drops anything/);
    });

    it("drive its container over its memory limit until the kernel kills qemu, and put the limit back", async () => {
      const receipt = await hands.oomKill(vmi);
      assert.match(receipt.evidence, /the kernel counts \d+ more OOM kills \(cgroup v[12]\), qemu \(pid \d+\) is gone/);
      assert.equal(await count("qemu-system-x86"), 1, "the other container's");
      const limit =
        "cat /sys/fs/cgroup/memory/kubelet/pod9/c0ffee0123456789/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/kubelet/pod9/c0ffee0123456789/memory.max";
      assert.ok((await onWorker(limit)) === "max" || Number(await onWorker(limit)) > 2 ** 60);
    });

    it("write its machine's power register, and take QEMU's word for what came of it", async () => {
      const receipt = await hands.powerOffGuest(vmi);
      assert.match(
        receipt.evidence,
        /power register was written through QEMU's monitor, and QEMU said: event SHUTDOWN/,
      );
      const asked = await onWorker("cat /tmp/virsh-asked");
      assert.match(
        asked,
        /-c qemu\+unix:\/\/\/system\?socket=\S+ qemu-monitor-command --hmp vms_web o \/h 0x604 0x2000/,
      );
      await onWorker("rm /tmp/events");
      assert.match((await hands.rebootGuest(vmi)).evidence, /reset register .* QEMU said: event RESET/);
    });

    it("panic its kernel, with its console as the witness", async () => {
      await onWorker("echo '[  9.0] Kernel panic - not syncing: Fatal machine check' > /tmp/panic");
      assert.match((await hands.panicGuest(vmi)).evidence, /a machine check .* console: .*Kernel panic - not syncing/);
    });

    it("hang it, unless its kernel reboots after a panic or tells the platform", async () => {
      await onWorker("printf 'Kernel panic - not syncing\\n---[ end Kernel panic - not syncing ]---\\n' > /tmp/panic");
      assert.match((await hands.hangGuest(vmi)).evidence, /after which its kernel does nothing: Kernel panic/);
      await onWorker("printf 'Kernel panic - not syncing\\nRebooting in 1 seconds..\\n' > /tmp/panic");
      await assert.rejects(
        hands.hangGuest(vmi),
        /reboots after a panic \(its panic timeout is not 0\): it does not hang/,
      );
      await onWorker("echo 'dev: pvpanic, id \"panic0\"' > /tmp/devices");
      await assert.rejects(hands.hangGuest(vmi), /it has a panic device: .* a crash, not a hang/);
      await onWorker("rm /tmp/devices");
    });

    it("use up its memory with the balloon, and give it back", async () => {
      await onWorker("echo 'Out of memory: Killed process 77 (busybox)' > /tmp/oom");
      assert.match((await hands.exhaustGuest(vmi)).evidence, /balloon took what it had; .*Killed process 77/);
      assert.match(await onWorker("grep balloon /tmp/virsh-asked | tail -n 1"), /balloon 128$/);
    });

    it("claim nothing that its console does not show", async () => {
      await onWorker("rm -f /var/run/kubevirt-private/uid-of-web/virt-serial0-log");
      await assert.rejects(hands.panicGuest(vmi), /serial console is not kept .* nothing would prove it/);
    });
  });

  it("take a node's memory until its kubelet finds too little, and no more, and give it back", async () => {
    const receipt = await hands.fillMemory(cluster.worker, 60 * 2 ** 20);
    assert.match(
      receipt.evidence,
      /96 MiB of node .* are taken; its kubelet counted 20512 MiB and evicts below 20480 MiB/,
    );
    const taken = "stat -c %s /run/rebound-memory/filling; df -k /run/rebound-memory | tail -n 1";
    assert.match(
      await onWorker(taken),
      new RegExp(`^${96 * 2 ** 20}\\n.* ${96 * 1024} `),
      "and the file system holds no more",
    );
    assert.deepEqual(await marks(), ["memory is taken (/run/rebound-memory)"]);
    assert.match((await hands.releaseMemory(cluster.worker)).evidence, /nothing .* is taken/);
    assert.equal(
      await onWorker(
        "ls -d /run/rebound-memory 2>&1 || true; ls -d /sys/fs/cgroup/*/rebound-memory 2>/dev/null || true",
      ),
      "ls: /run/rebound-memory: No such file or directory",
    );
    assert.match((await hands.releaseMemory(cluster.worker)).evidence, /nothing .* is taken/, "once more");
  });

  it("refuse to take memory where the kubelet evicts only when the machine has none left", async () => {
    const { evictionHard } = kubelet.configz.kubeletconfig;
    evictionHard["memory.available"] = "100Mi";
    await assert.rejects(
      hands.fillMemory(cluster.worker, 60 * 2 ** 20),
      /evicts only below 100 MiB .* at risk; set evictionHard/,
    );
    evictionHard["memory.available"] = "20Gi";
  });

  it("stop a component where it stands, on every node, also one that is started anew", async () => {
    const states = (): Promise<string> =>
      onWorker(
        `for c in $(grep -lE '^virt-handler$' /proc/[0-9]*/comm 2>/dev/null); do sed -n 's/^State:[[:space:]]*\\(.\\).*/\\1/p' "\${c%comm}status"; done`,
      );
    await onWorker("setsid virt-handler 100000 </dev/null >/dev/null 2>&1 &");
    const calledMs = cluster.runtime.clock.now();
    const stopped = await hands.stopComponent("virt-handler");
    mustBracket(stopped, calledMs);
    assert.match(stopped.evidence, /virt-handler stands still \(SIGSTOP\): pid \d+ on .*-worker$/);
    assert.equal(await states(), "T");
    assert.deepEqual(await marks(), [
      "virt-handler is kept stopped (unit rebound-stop-virt-handler)",
      "a process of virt-handler is stopped",
    ]);
    await onWorker("setsid virt-handler 100001 </dev/null >/dev/null 2>&1 & sleep 1");
    assert.equal(await states(), "T\nT");
    assert.match((await hands.startComponent("virt-handler")).evidence, /virt-handler may go on/);
    assert.equal(await states(), "S\nS");
    await onWorker("sleep 0.5");
    assert.equal(await states(), "S\nS", "nobody stops it any more");
    await hands.startComponent("virt-handler");
    await endGuest(shell, cluster.worker);
    await assert.rejects(hands.stopComponent("virt-handler"), /virt-handler runs on none of/);
  });

  it("let nobody but this machine reach the API server, and everybody again", async () => {
    const server = cluster.controlPlane;
    await on(server, "mkdir -p /www; echo served > /www/index.html; httpd -p 6443 -h /www");
    const { addresses } = await cluster.nodes.find(server);
    const gateway = await on(server, "ip -4 route show default | sed -n 's/.* via \\([^ ]*\\).*/\\1/p'");
    const asks = (node: string, address: string): Promise<string> => on(node, ask(`${address} 6443`));
    const all = async (): Promise<string[]> =>
      Promise.all(addresses.flatMap((address) => [asks(cluster.worker, address), asks(server, address)]));
    assert.deepEqual(new Set(await all()), new Set(["served"]));
    const cut = await hands.cutApi();
    assert.match(
      (await marksOn(shell, server)).join(),
      /kubelet is inactive.*rules of iptables's table filter.*of ip6tables's/,
    );
    assert.match(cut.evidence, /port 6443 refuses all but this machine, which it answers/);
    assert.ok(
      (await all()).every((answer) => answer !== "served"),
      "neither others nor what runs beside it",
    );
    assert.equal(await asks(server, "127.0.0.1"), "served", "its own loopback");
    assert.match(await on(server, "iptables -S REBOUND-API-IN"), new RegExp(`-s ${gateway}/32 -j RETURN`));
    assert.equal(await on(server, "systemctl is-active kubelet || true"), "inactive", "which would end it");
    await hands.restoreApi();
    assert.deepEqual(new Set(await all()), new Set(["served"]));
    await hands.restoreApi();
    assert.equal(await on(server, "(iptables -S; ip6tables -S) | grep -c REBOUND || true"), "0");
    assert.equal(await on(server, "systemctl is-active kubelet"), "active");
  });

  it("cut a node off and join it again, and know their rules", async () => {
    await hands.disconnect(cluster.worker);
    assert.deepEqual(await marks(), [
      "1 rules of iptables's table raw",
      "1 rules of iptables's table mangle",
      "1 rules of ip6tables's table raw",
      "1 rules of ip6tables's table mangle",
    ]);
    await hands.connect(cluster.worker);
  });

  it("say so where the API server's answers cannot be delayed: a node without netem", async () => {
    await assert.rejects(hands.slowApi(500), /no netem/);
  });
});
