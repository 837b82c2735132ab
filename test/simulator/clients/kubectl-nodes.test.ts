import assert from "node:assert/strict";
import { startKubectl } from "./kubectl.ts";
import type { Kubectl } from "./kubectl.ts";
import { manifest, vmManifest } from "./served.ts";

describe("kubectl looks after the nodes of the simulated cluster", function () {
  this.timeout(90_000);
  let kubectl: Kubectl;

  before(async function () {
    kubectl = await startKubectl(this, "--speed", "5", "--nodes", "2");
  });
  after(() => kubectl?.[Symbol.asyncDispose]());

  const field = (what: string, path: string): Promise<string> => kubectl.run("get", what, "-o", `jsonpath={${path}}`);
  const drain = (node: string, ...more: string[]) =>
    kubectl.tried("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", ...more);

  /** A VM that runs, and its node. */
  async function runningVm(name: string, template: object): Promise<string> {
    await kubectl.run("create", "-f", await manifest(kubectl.served, `${name}.yaml`, vmManifest(name, {}, template)));
    await kubectl.run("wait", "--for=condition=Ready", `vm/${name}`, "--timeout=30s");
    return field(`vmi/${name}`, ".status.nodeName");
  }

  it("cordon and uncordon", async () => {
    assert.equal(await kubectl.run("cordon", "worker"), "node/worker cordoned");
    assert.equal(await kubectl.run("cordon", "worker"), "node/worker already cordoned");
    assert.match(await kubectl.run("get", "node", "worker"), /Ready,SchedulingDisabled/);
    assert.equal(await field("node/worker", ".spec.taints[*].key"), "node.kubernetes.io/unschedulable");
    assert.equal(await kubectl.run("uncordon", "worker"), "node/worker uncordoned");
    assert.equal(await field("node/worker", ".spec.taints"), "");
  });

  it("taint puts on, refuses twice, and takes off", async () => {
    assert.equal(await kubectl.run("taint", "node", "worker", "lab=yes:NoSchedule"), "node/worker tainted");
    assert.match((await kubectl.tried("taint", "node", "worker", "lab=no:NoSchedule")).stderr, /already has lab taint/);
    assert.equal(await kubectl.run("taint", "node", "worker", "lab-"), "node/worker untainted");
    assert.equal(await field("node/worker", ".spec.taints"), "");
  });

  it("drain tries again until the VM has moved, and the VM is the same", async () => {
    const node = await runningVm("moving", { evictionStrategy: "LiveMigrate" });
    const uid = await field("vmi/moving", ".metadata.uid");
    const { exitCode, stdout, stderr } = await drain(node, "--timeout=60s");
    assert.equal(exitCode, 0, stderr);
    assert.match(
      stderr,
      /will retry after 5s\): admission webhook "virt-launcher-eviction-interceptor.kubevirt.io" denied the request: Eviction triggered evacuation of VMI "default\/moving"/,
    );
    assert.match(stderr, /Warning: ignoring DaemonSet-managed Pods: kubevirt\/virt-handler-/);
    assert.match(stdout, new RegExp(`node/${node} drained`));
    assert.equal(await field("vmi/moving", ".metadata.uid"), uid);
    assert.notEqual(await field("vmi/moving", ".status.nodeName"), node);
    assert.match(await kubectl.run("get", "vmim"), /NAME +PHASE +VMI\nkubevirt-evacuation-\w+ +Succeeded +moving/);
    await kubectl.run("uncordon", node);
    await kubectl.run("delete", "vm", "moving");
  });

  it("drain of a VM without an eviction strategy restarts it elsewhere", async () => {
    const node = await runningVm("restarting", { evictionStrategy: "None" });
    const { exitCode, stdout } = await drain(node, "--timeout=60s");
    assert.equal(exitCode, 0);
    assert.match(stdout, /pod\/virt-launcher-restarting-\w+ evicted/);
    await kubectl.run("wait", "--for=condition=Ready", "vm/restarting", "--timeout=30s");
    assert.notEqual(await field("vmi/restarting", ".status.nodeName"), node);
    await kubectl.run("uncordon", node);
    await kubectl.run("delete", "vm", "restarting");
  });

  it("drain of a VM that cannot move gets nowhere, and the VM stays as it is", async () => {
    const node = await runningVm("fixed", {
      evictionStrategy: "LiveMigrate",
      domain: {
        devices: { disks: [{ name: "root", disk: { bus: "virtio" } }], interfaces: [{ name: "default", bridge: {} }] },
        resources: { requests: { memory: "128Mi" } },
      },
    });
    const { exitCode, stderr } = await drain(node, "--timeout=7s");
    assert.equal(exitCode, 1);
    assert.match(stderr, /VMI fixed is configured with an eviction strategy but is not live-migratable/);
    assert.match(stderr, /global timeout reached: 7s/);
    assert.equal(await field("vmi/fixed", ".status.phase},{.status.evacuationNodeName"), "Running,");
    await kubectl.run("uncordon", node);
  });

  it("drain with a dry run evicts nothing", async () => {
    const pods = await kubectl.run("get", "pods", "-o", "name");
    const { stdout } = await drain("worker", "--dry-run=server", "--force", "--timeout=2s");
    assert.match(stdout, /node\/worker cordoned \(server dry run\)/);
    assert.equal(await kubectl.run("get", "pods", "-o", "name"), pods);
    assert.equal(await field("node/worker", ".spec.unschedulable"), "");
  });
});
