import assert from "node:assert/strict";
import { startKubectl, until } from "./kubectl.ts";
import type { Kubectl } from "./kubectl.ts";
import { manifest, vmManifest } from "./served.ts";

/** Words of each line, the heading first. */
function table(text: string): string[][] {
  return text.split("\n").map((line) => line.trim().split(/\s{2,}|\t/));
}

describe("kubectl reads from the simulated cluster", function () {
  this.timeout(60_000);
  let kubectl: Kubectl;
  let pod: string;

  before(async function () {
    kubectl = await startKubectl(this, "--speed", "5", "--nodes", "2");
    await kubectl.run("apply", "-f", await manifest(kubectl.served, "web.yaml", vmManifest("web")));
    await kubectl.run(
      "create",
      "-f",
      await manifest(kubectl.served, "off.yaml", vmManifest("off", { runStrategy: "Halted" })),
    );
    await kubectl.run("wait", "--for=condition=Ready", "vm/web", "--timeout=30s");
    pod = (await kubectl.run("get", "pods", "-l", "kubevirt.io=virt-launcher", "-o", "name")).trim();
  });
  after(() => kubectl?.[Symbol.asyncDispose]());

  it("get prints KubeVirt's own columns", async () => {
    const rows = table(await kubectl.run("get", "vm"));
    assert.deepEqual(rows[0], ["NAME", "AGE", "STATUS", "READY"]);
    assert.deepEqual(
      rows.slice(1).map(([name, , ...rest]) => [name, ...rest]),
      [
        ["off", "Stopped", "False"],
        ["web", "Running", "True"],
      ],
    );
    assert.deepEqual(table(await kubectl.run("get", "kubevirt", "-n", "kubevirt"))[0], ["NAME", "AGE", "PHASE"]);
  });

  it("get -o wide adds the wide columns", async () => {
    const [narrow] = table(await kubectl.run("get", "vmi"));
    const [heading, row] = table(await kubectl.run("get", "vmi", "-o", "wide"));
    assert.deepEqual(narrow, ["NAME", "AGE", "PHASE", "IP", "NODENAME", "READY"]);
    assert.deepEqual(heading, [...narrow, "LIVE-MIGRATABLE", "PAUSED"]);
    assert.deepEqual([row![0], row![2], row![5], row![6]], ["web", "Running", "True", "True"]);
  });

  it("get -o yaml, json, name, jsonpath and custom-columns", async () => {
    assert.match(
      await kubectl.run("get", "vm", "web", "-o", "yaml"),
      /^apiVersion: kubevirt.io\/v1\nkind: VirtualMachine\n/,
    );
    const list = JSON.parse(await kubectl.run("get", "vm", "-o", "json")) as {
      kind: string;
      items: { kind: string }[];
    };
    assert.deepEqual([list.kind, list.items.map(({ kind }) => kind)], ["List", ["VirtualMachine", "VirtualMachine"]]);
    assert.equal(
      await kubectl.run("get", "vm,vmi", "-o", "name"),
      [
        "virtualmachine.kubevirt.io/off",
        "virtualmachine.kubevirt.io/web",
        "virtualmachineinstance.kubevirt.io/web",
      ].join("\n"),
    );
    assert.equal(await kubectl.run("get", "vmi", "web", "-o", "jsonpath={.status.phase}"), "Running");
    const columns = "custom-columns=VM:.metadata.name,WANTED:.spec.runStrategy";
    assert.deepEqual(table(await kubectl.run("get", "vm", "-o", columns)), [
      ["VM", "WANTED"],
      ["off", "Halted"],
      ["web", "Always"],
    ]);
  });

  it("get -A, -l and --field-selector choose", async () => {
    const pods = table(await kubectl.run("get", "pods", "-A"));
    assert.ok(pods.some(([namespace, name]) => namespace === "kubevirt" && name!.startsWith("virt-handler-")));
    assert.equal(
      await kubectl.run("get", "vm", "-l", "app in (web, other)", "-o", "name"),
      "virtualmachine.kubevirt.io/web",
    );
    assert.equal(
      await kubectl.run("get", "vm", "--field-selector", "metadata.name!=web", "-o", "name"),
      "virtualmachine.kubevirt.io/off",
    );
    assert.equal(await kubectl.run("get", "pods", "--field-selector", "status.phase=Failed", "-o", "name"), "");
    const { stderr } = await kubectl.tried("get", "vm", "--field-selector", "spec.runStrategy=Always");
    assert.match(stderr, /\(BadRequest\).*field label not supported: spec.runStrategy/);
  });

  it("get --chunk-size reads a list in pages", async () => {
    assert.equal(
      (await kubectl.run("get", "pods", "-A", "--chunk-size=2", "-o", "name")).split("\n").length,
      (await kubectl.run("get", "pods", "-A", "-o", "name")).split("\n").length,
    );
  });

  it("get of a category, of what is not there, and of what nobody serves", async () => {
    assert.match(await kubectl.run("get", "all"), /virtualmachineinstance.kubevirt.io\/web/);
    const missing = await kubectl.tried("get", "vm", "none");
    assert.deepEqual(
      [missing.exitCode, missing.stderr],
      [1, 'Error from server (NotFound): virtualmachines.kubevirt.io "none" not found'],
    );
    const unknown = await kubectl.tried("get", "cronjobs");
    assert.match(unknown.stderr, /the server doesn't have a resource type "cronjobs"/);
  });

  it("get -w tells what changes", async () => {
    const watching = kubectl.start("get", "vm", "off", "-w", "-o", "name");
    await until("the watch has begun", () => watching.printed().includes("virtualmachine.kubevirt.io/off"));
    const columns = kubectl.start("get", "vm", "off", "-w");
    await until("the table has begun", () => columns.printed().includes("Stopped"));
    await kubectl.run("patch", "vm", "off", "--type=merge", "-p", '{"spec":{"runStrategy":"Always"}}');
    await until("it was seen to run", () =>
      /off\s+\S+\s+Starting[^]*off\s+\S+\s+Running\s+True/.test(columns.printed()),
    );
    await kubectl.run("patch", "vm", "off", "--type=merge", "-p", '{"spec":{"runStrategy":"Halted"}}');
    await kubectl.run("wait", "--for=delete", "vmi/off", "--timeout=30s");
    assert.equal(table(columns.printed())[0]!.join(), "NAME,AGE,STATUS,READY");
    watching.stop();
    columns.stop();
    await Promise.all([watching.ended, columns.ended]);
  });

  it("describe shows the object and its events", async () => {
    const text = await kubectl.run("describe", "vmi", "web");
    assert.match(text, /^Name: +web\nNamespace: +default\n/);
    assert.match(text, /Phase: +Running/);
    assert.match(
      text,
      /Events:[^]*Normal +SuccessfulCreate .*virtualmachine-controller +Created virtual machine pod virt-launcher-web-/,
    );
    assert.match(text, /Normal +Started .*virt-handler +VirtualMachineInstance started\./);
    assert.match(
      await kubectl.run("describe", pod),
      /QoS Class: +Burstable[^]*Events:[^]*Scheduled .*default-scheduler/,
    );
    assert.match(await kubectl.run("describe", "node", "worker"), /Conditions:[^]*Ready +True[^]*Allocated resources:/);
  });

  it("get events, and events of one object", async () => {
    const rows = table(
      await kubectl.run("get", "events", "--field-selector", "involvedObject.kind=VirtualMachineInstance"),
    );
    assert.deepEqual(rows[0], ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]);
    assert.ok(
      rows.some(
        ([, type, reason, object]) => `${type} ${reason} ${object}` === "Normal Started virtualmachineinstance/web",
      ),
    );
    assert.match(await kubectl.run("events", "--for", "vmi/web"), /SuccessfulCreate/);
  });

  it("api-resources and api-versions", async () => {
    const resources = await kubectl.run("api-resources", "--api-group=kubevirt.io", "-o", "wide");
    assert.match(resources, /virtualmachines +vm,vms +kubevirt.io\/v1 +true +VirtualMachine +delete,.*watch.* +all/);
    assert.match(await kubectl.run("api-versions"), /^kubevirt.io\/v1$/m);
    assert.match(await kubectl.run("version"), /Server Version: v1\.36\.2/);
  });

  it("explain tells what fields are for", async () => {
    const text = await kubectl.run("explain", "vm.spec.runStrategy");
    assert.match(text, /GROUP: +kubevirt.io\nKIND: +VirtualMachine\nVERSION: +v1\n\nFIELD: runStrategy <string>/);
    assert.match(text, /"Always": VMI should always be running/);
    assert.match(
      await kubectl.run("explain", "pods.spec.tolerations.tolerationSeconds"),
      /FIELD: tolerationSeconds <integer>/,
    );
    assert.match(await kubectl.run("explain", "vmi", "--recursive"), /terminationGracePeriodSeconds\t<integer>/);
    assert.match(
      (await kubectl.tried("explain", "vm.spec.runStrateggy")).stderr,
      /field "runStrateggy" does not exist/,
    );
  });

  it("auth can-i", async () => {
    assert.equal(await kubectl.run("auth", "can-i", "create", "virtualmachines"), "yes");
    assert.match(await kubectl.run("auth", "can-i", "--list"), /\*\.\*/);
  });

  it("logs of a launcher tell what it did, and which containers there are", async () => {
    const lines = (await kubectl.run("logs", pod)).split("\n").map((line) => JSON.parse(line) as { msg: string });
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ["Marked as ready", "Domain defined.", "Domain started."],
    );
    assert.equal((await kubectl.run("logs", pod, "--tail=1", "-c", "compute")).split("\n").length, 1);
    const following = kubectl.start("logs", pod, "-f");
    await until("the log has begun", () => following.printed().includes("Domain started."));
    following.stop();
    await following.ended;
    assert.match(
      (await kubectl.tried("logs", pod, "-c", "none")).stderr,
      /container none is not valid for pod virt-launcher-web-/,
    );
  });

  it("exec, attach and port-forward are refused, and it is said why", async () => {
    for (const args of [
      ["exec", pod, "--", "ls"],
      ["attach", pod],
      ["port-forward", pod, ":80"],
    ]) {
      const { exitCode, stderr } = await kubectl.tried(...args);
      assert.equal(exitCode, 1);
      assert.match(stderr, /the simulated cluster has no (exec|attach|portforward): its containers are models/);
    }
  });
});
