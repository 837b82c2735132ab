import assert from "node:assert/strict";
import { startKubectl } from "./kubectl.ts";
import type { Kubectl } from "./kubectl.ts";
import { manifest, vmManifest } from "./served.ts";

describe("kubectl writes to the simulated cluster", function () {
  this.timeout(60_000);
  let kubectl: Kubectl;

  before(async function () {
    kubectl = await startKubectl(this, "--speed", "10", "--nodes", "2");
  });
  after(() => kubectl?.[Symbol.asyncDispose]());

  const file = (name: string, object: object): Promise<string> => manifest(kubectl.served, name, object);
  const field = (what: string, path: string): Promise<string> => kubectl.run("get", what, "-o", `jsonpath={${path}}`);

  it("apply creates, leaves alone, and changes what was applied before", async () => {
    const first = await file("a.yaml", vmManifest("applied", { runStrategy: "Halted" }));
    assert.equal(await kubectl.run("apply", "-f", first), "virtualmachine.kubevirt.io/applied created");
    assert.equal(await kubectl.run("apply", "-f", first), "virtualmachine.kubevirt.io/applied unchanged");
    const second = await file("a.yaml", vmManifest("applied", { runStrategy: "Manual" }));
    assert.match((await kubectl.tried("diff", "-f", second)).stdout, /-  runStrategy: Halted\n\+  runStrategy: Manual/);
    assert.equal(await kubectl.run("apply", "-f", second), "virtualmachine.kubevirt.io/applied configured");
    assert.equal(await field("vm/applied", ".spec.runStrategy"), "Manual");
  });

  it("apply of a built-in kind merges its lists by their keys", async () => {
    const service = (ports: object[]) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web" },
      spec: { selector: { app: "web" }, ports },
    });
    const http = { name: "http", port: 80 };
    await kubectl.run("apply", "-f", await file("s.yaml", service([http, { name: "old", port: 81 }])));
    await kubectl.run("apply", "-f", await file("s.yaml", service([http, { name: "https", port: 443 }])));
    assert.equal(await field("service/web", ".spec.ports[*].name"), "http https");
  });

  it("apply on the server's side creates or merges, and says so", async () => {
    const first = await file("ssa.yaml", vmManifest("ssa", { runStrategy: "Halted" }));
    const created = await kubectl.tried("apply", "--server-side", "-f", first);
    assert.equal(created.stdout, "virtualmachine.kubevirt.io/ssa serverside-applied");
    assert.match(created.stderr, /^Warning: the simulated cluster keeps no field ownership/);
    await kubectl.run("label", "vm", "ssa", "kept=yes");
    await kubectl.run(
      "apply",
      "--server-side",
      "--field-manager=other",
      "-f",
      await file("ssa.yaml", vmManifest("ssa", { runStrategy: "Manual" })),
    );
    assert.equal(await field("vm/ssa", ".spec.runStrategy"), "Manual");
    assert.equal(await field("vm/ssa", ".metadata.labels.kept"), "yes");
  });

  it("create takes files and its own sub-commands, and only once", async () => {
    assert.equal(await kubectl.run("create", "namespace", "lab"), "namespace/lab created");
    await kubectl.run("create", "configmap", "settings", "-n", "lab", "--from-literal=colour=blue");
    assert.equal(
      await kubectl.run("get", "configmap", "settings", "-n", "lab", "-o", "jsonpath={.data}{.metadata.generateName}"),
      '{"colour":"blue"}',
    );
    await kubectl.run("create", "secret", "generic", "key", "-n", "lab", "--from-literal=word=open");
    assert.equal(await kubectl.run("get", "secret", "key", "-n", "lab", "-o", "jsonpath={.data.word}"), "b3Blbg==");
    await kubectl.run("create", "serviceaccount", "robot", "-n", "lab");
    const again = await kubectl.tried("create", "namespace", "lab");
    assert.equal(again.stderr, 'Error from server (AlreadyExists): namespaces "lab" already exists');
    const lost = await kubectl.tried("create", "-n", "nowhere", "-f", await file("l.yaml", vmManifest("lost")));
    assert.match(lost.stderr, /namespaces "nowhere" not found/);
    await kubectl.run("delete", "namespace", "lab");
    assert.match((await kubectl.tried("get", "namespace", "lab")).stderr, /NotFound/);
  });

  it("a misspelt field is refused", async () => {
    const vm = await file("m.yaml", vmManifest("misspelt", { runStrategie: "Always" }));
    for (const command of ["apply", "create"]) {
      const { exitCode, stderr } = await kubectl.tried(command, "-f", vm);
      assert.equal(exitCode, 1);
      assert.match(stderr, /\(BadRequest\).*strict decoding error: unknown field "spec.runStrategie"/);
    }
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p" },
      spec: { containers: [{ name: "c", img: "x" }] },
    };
    assert.match(
      (await kubectl.tried("apply", "-f", await file("p.yaml", pod))).stderr,
      /unknown field "spec.containers\[0\].img"/,
    );
    const warned = await kubectl.tried(
      "create",
      "--validate=warn",
      "-f",
      await file("m.yaml", vmManifest("warned", { spelling: 1, runStrategy: "Halted" })),
    );
    assert.deepEqual([warned.exitCode, warned.stderr], [0, 'Warning: unknown field "spec.spelling"']);
  });

  it("what admission has against a specification is told with its field", async () => {
    const two = await file("w.yaml", vmManifest("wrong", { runStrategy: "Always", running: true }));
    const { stderr } = await kubectl.tried("create", "-f", two);
    assert.match(stderr, /^The request is invalid: spec.running: Running and RunStrategy are mutually exclusive/);
    assert.match(
      (await kubectl.tried("create", "-f", await file("w.yaml", { ...vmManifest("w"), spec: {} }))).stderr,
      /spec.template in body is required/,
    );
  });

  it("patch in three types, of which custom resources take two", async () => {
    await kubectl.run("create", "-f", await file("p.yaml", vmManifest("patched", { runStrategy: "Halted" })));
    const patch = (...args: string[]) => kubectl.tried("patch", ...args);
    assert.equal(
      (await patch("vm", "patched", "--type=merge", "-p", '{"metadata":{"labels":{"a":"1"}}}')).stdout,
      "virtualmachine.kubevirt.io/patched patched",
    );
    assert.equal(
      (await patch("vm", "patched", "--type=json", "-p", '[{"op":"replace","path":"/metadata/labels/a","value":"2"}]'))
        .exitCode,
      0,
    );
    assert.equal(await field("vm/patched", ".metadata.labels.a"), "2");
    assert.match(
      (await patch("vm", "patched", "--type=strategic", "-p", "{}")).stderr,
      /strategic-merge-patch\+json is not supported by kubevirt.io\/v1/,
    );
    assert.equal(
      (await patch("node", "worker", "--type=strategic", "-p", '{"metadata":{"labels":{"b":"1"}}}')).stdout,
      "node/worker patched",
    );
    const failed = await patch(
      "vm",
      "patched",
      "--type=json",
      "-p",
      '[{"op":"test","path":"/spec/runStrategy","value":"Always"}]',
    );
    assert.match(
      failed.stderr,
      /the server rejected our request due to an error in our request|testing value .* failed/i,
    );
  });

  it("replace needs the version that was read", async () => {
    await kubectl.run("create", "-f", await file("r.yaml", vmManifest("replaced", { runStrategy: "Halted" })));
    const read = JSON.parse(await kubectl.run("get", "vm", "replaced", "-o", "json")) as { spec: object };
    const changed = await file("r2.yaml", { ...read, spec: { ...read.spec, runStrategy: "Manual" } });
    assert.equal(await kubectl.run("replace", "-f", changed), "virtualmachine.kubevirt.io/replaced replaced");
    const stale = await kubectl.tried("replace", "-f", changed);
    assert.match(
      stale.stderr,
      /\(Conflict\).*the object has been modified; please apply your changes to the latest version and try again/,
    );
  });

  it("label and annotate put on and take off", async () => {
    await kubectl.run("create", "-f", await file("n.yaml", vmManifest("noted", { runStrategy: "Halted" })));
    await kubectl.run("label", "vm", "noted", "tier=gold");
    assert.match(
      (await kubectl.tried("label", "vm", "noted", "tier=tin")).stderr,
      /already has a value \(gold\), and --overwrite is false/,
    );
    await kubectl.run("label", "vm", "noted", "--overwrite", "tier=tin");
    await kubectl.run("annotate", "vm", "noted", "why=because");
    assert.equal(await field("vm/noted", ".metadata.labels.tier},{.metadata.annotations.why"), "tin,because");
    await kubectl.run("label", "vm", "noted", "tier-");
    assert.equal(await field("vm/noted", ".metadata.labels.tier"), "");
  });

  it("delete waits until the guest is down and all dependents are gone", async () => {
    await kubectl.run("create", "-f", await file("d.yaml", vmManifest("doomed")));
    await kubectl.run("wait", "--for=condition=Ready", "vm/doomed", "--timeout=30s");
    assert.equal(
      await kubectl.run("delete", "vm", "doomed", "--cascade=foreground"),
      'virtualmachine.kubevirt.io "doomed" deleted',
    );
    assert.equal(await kubectl.run("get", "vm,vmi,pods", "-l", "app=doomed", "-o", "name"), "");
    assert.match((await kubectl.tried("delete", "vm", "doomed")).stderr, /NotFound/);
    assert.equal(await kubectl.run("delete", "vm", "doomed", "--ignore-not-found"), "");
  });

  it("delete --cascade=orphan leaves the instance, --wait=false does not wait", async () => {
    await kubectl.run("create", "-f", await file("o.yaml", vmManifest("orphaned")));
    await kubectl.run("wait", "--for=jsonpath={.status.printableStatus}=Running", "vm/orphaned", "--timeout=30s");
    await kubectl.run("delete", "vm", "orphaned", "--cascade=orphan");
    assert.equal(await field("vmi/orphaned", ".status.phase},{.metadata.ownerReferences"), "Running,");
    const began = performance.now();
    await kubectl.run("delete", "vmi", "orphaned", "--wait=false");
    assert.notEqual(await field("vmi/orphaned", ".metadata.deletionTimestamp"), "");
    assert.ok(performance.now() - began < 2000);
    await kubectl.run("wait", "--for=delete", "vmi/orphaned", "--timeout=30s");
  });

  it("delete --force removes a launcher's pod at once, and its VM comes back", async () => {
    await kubectl.run("create", "-f", await file("f.yaml", vmManifest("forced")));
    await kubectl.run("wait", "--for=condition=Ready", "vm/forced", "--timeout=30s");
    const uid = await field("vmi/forced", ".metadata.uid");
    const pod = await kubectl.run("get", "pods", "-l", "vm.kubevirt.io/name=forced", "-o", "name");
    const { stderr, stdout } = await kubectl.tried("delete", pod, "--force", "--grace-period=0");
    assert.match(stderr, /Immediate deletion does not wait for confirmation/);
    assert.match(stdout, /force deleted/);
    await kubectl.run("wait", "--for=jsonpath={.status.phase}=Running", "vmi/forced", "--timeout=30s");
    assert.notEqual(await field("vmi/forced", ".metadata.uid"), uid);
  });

  it("delete of all that a selector chooses", async () => {
    for (const name of ["m1", "m2"]) await kubectl.run("create", "configmap", name);
    await kubectl.run("label", "configmap", "m1", "m2", "batch=1");
    assert.equal(
      await kubectl.run("delete", "configmap", "-l", "batch=1"),
      'configmap "m1" deleted\nconfigmap "m2" deleted',
    );
  });

  it("wait gives up at its timeout", async () => {
    await kubectl.run("create", "-f", await file("h.yaml", vmManifest("halted", { runStrategy: "Halted" })));
    const { exitCode, stderr } = await kubectl.tried("wait", "--for=condition=Ready", "vm/halted", "--timeout=1s");
    assert.deepEqual([exitCode, stderr], [1, "error: timed out waiting for the condition on virtualmachines/halted"]);
  });

  it("scale of a VMI replica set", async () => {
    const { spec } = vmManifest("rs") as { spec: { template: object } };
    const set = {
      apiVersion: "kubevirt.io/v1",
      kind: "VirtualMachineInstanceReplicaSet",
      metadata: { name: "rs" },
      spec: { replicas: 1, selector: { matchLabels: { app: "rs" } }, template: spec.template },
    };
    await kubectl.run("create", "-f", await file("rs.yaml", set));
    assert.equal(
      await kubectl.run("scale", "vmirs", "rs", "--replicas=2"),
      "virtualmachineinstancereplicaset.kubevirt.io/rs scaled",
    );
    await kubectl.run("wait", "--for=jsonpath={.status.readyReplicas}=2", "vmirs/rs", "--timeout=30s");
    assert.match(await kubectl.run("get", "vmirs", "rs"), /NAME +DESIRED +CURRENT +READY +AGE\nrs +2 +2 +2/);
    assert.match(
      (await kubectl.tried("scale", "vmirs", "rs", "--current-replicas=5", "--replicas=1")).stderr,
      /Expected replicas to be 5, was 2/,
    );
  });
});
