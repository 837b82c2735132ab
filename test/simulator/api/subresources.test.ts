import assert from "node:assert/strict";
import type { Pod, RunStrategy, VirtualMachine, VirtualMachineInstance, VmiPhase } from "../../../src/kube/objects.ts";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, ask, vmOf } from "./world.ts";

const subresources = "/apis/subresources.kubevirt.io/v1/namespaces/lab";

describe("KubeVirt's subresources", () => {
  let world: World;
  let api: ApiServer;

  beforeEach(() => {
    ({ world, api } = apiOf());
  });

  function machine(runStrategy: RunStrategy, phase?: VmiPhase): void {
    world.store.create("virtualmachines", vmOf("vm", { runStrategy }));
    if (phase === undefined) return;
    const { apiVersion, metadata, spec } = vmOf("vm");
    const kind = "VirtualMachineInstance";
    const vmi: VirtualMachineInstance = { apiVersion, kind, metadata, spec: spec.template.spec, status: { phase } };
    world.store.create("virtualmachineinstances", vmi);
  }

  const vm = () => world.store.get<VirtualMachine>("virtualmachines", "lab", "vm")!;
  const vmi = () => world.store.get<VirtualMachineInstance>("virtualmachineinstances", "lab", "vm")!;
  const put = (what: string, body?: unknown) => ask(api, "PUT", `${subresources}/virtualmachines/vm/${what}`, body);
  /** What a VM's controller is asked to do. */
  const asked = () =>
    (vm().status as VirtualMachine["status"] | undefined)?.stateChangeRequests?.map(({ action, uid }) =>
      uid === undefined ? action : `${action} ${uid === vmi().metadata.uid ? "it" : "another"}`,
    );

  for (const [strategy, phase, what, expected] of [
    ["Halted", undefined, "start", "Always"],
    ["Manual", undefined, "start", ["Start"]],
    ["Manual", "Failed", "start", ["Stop it", "Start"]],
    ["RerunOnFailure", "Succeeded", "start", ["Stop it", "Start"]],
    ["Always", "Running", "stop", "Halted"],
    ["Once", "Running", "stop", "Halted"],
    ["Manual", "Running", "stop", ["Stop it"]],
    ["RerunOnFailure", "Running", "stop", ["Stop it"]],
    ["Always", "Running", "restart", ["Stop it", "Start"]],
    ["RerunOnFailure", "Failed", "restart", ["Stop it", "Start"]],
  ] as const) {
    it(`${what} of a VM with ${strategy}, ${phase ?? "not there"}, ${typeof expected === "string" ? `makes it ${expected}` : `asks for ${expected.join(", ")}`}`, async () => {
      machine(strategy, phase);
      const { status, text } = await put(what);
      assert.deepEqual([status, text], [202, ""]);
      if (typeof expected === "string") assert.equal(vm().spec.runStrategy, expected);
      else assert.deepEqual(asked(), expected);
      if (typeof expected !== "string") assert.equal(vm().spec.runStrategy, strategy);
    });
  }

  for (const [strategy, phase, what, message] of [
    ["Manual", "Running", "start", "VM is already running"],
    ["Always", undefined, "start", "Always does not support manual start requests"],
    ["Once", "Failed", "start", "Once does not support manual start requests"],
    ["RerunOnFailure", "Failed", "start", "RerunOnFailure does not support starting VM from failed state"],
    ["Manual", "Succeeded", "stop", "VM is not running"],
    ["Halted", "Running", "stop", "Halted only supports manual stop requests with a shorter graceperiod"],
    ["Once", "Running", "restart", "RunStategy Once does not support manual restart requests"],
    ["Manual", undefined, "restart", "VM is not running: Halted"],
    ["Always", "Scheduling", "migrate", "VM is not running"],
  ] as const) {
    it(`${what} of a VM with ${strategy}, ${phase ?? "not there"}, conflicts`, async () => {
      machine(strategy, phase);
      const before = world.store.resourceVersion;
      const { status, body } = await put(what);
      assert.equal(status, 409);
      assert.equal(body.message, `Operation cannot be fulfilled on virtualmachine.kubevirt.io "vm": ${message}`);
      assert.equal(world.store.resourceVersion, before);
    });
  }

  it("a second request while one waits is an internal error, but a lone stop takes its place", async () => {
    machine("Manual", "Running");
    assert.equal((await put("restart")).status, 202);
    const second = await put("restart");
    assert.deepEqual(
      [second.status, second.body.message],
      [500, "Internal error occurred: unable to complete request: stop/start already underway"],
    );
    assert.equal((await put("stop")).status, 202);
    assert.deepEqual(asked(), ["Stop it"]);
  });

  it("an accepted start ends the back-off after failed starts", async () => {
    machine("Manual");
    world.store.mutate<VirtualMachine>("virtualmachines", "lab", "vm", (draft) => {
      draft.status = { startFailure: { consecutiveFailCount: 3, lastFailedVMIUID: "x", retryAfterTimestamp: "y" } };
    });
    await put("start");
    assert.equal(vm().status.startFailure, undefined);
  });

  it("a forced restart leaves the guest a second, a stop the grace that it names", async () => {
    machine("Always", "Running");
    await put("restart", { gracePeriodSeconds: 0 });
    assert.equal(vmi().spec.terminationGracePeriodSeconds, 1);
    await put("stop", { gracePeriod: 0 });
    assert.equal(vmi().spec.terminationGracePeriodSeconds, 0);
  });

  it("migrate creates a migration, and none in a dry run", async () => {
    machine("Always", "Running");
    await put("migrate", { dryRun: ["All"] });
    assert.equal(world.store.list("virtualmachineinstancemigrations").length, 0);
    assert.equal((await put("migrate")).status, 202);
    const [migration] = world.store.list("virtualmachineinstancemigrations");
    assert.match(migration!.metadata.name, /^kubevirt-migrate-vm-/);
  });

  it("pause is refused to an instance that a liveness probe would then kill", async () => {
    machine("Always", "Running");
    world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", "lab", "vm", ({ spec }) => {
      spec.livenessProbe = { tcpSocket: { port: 22 } };
    });
    const { status, body } = await ask(api, "PUT", `${subresources}/virtualmachineinstances/vm/pause`);
    assert.deepEqual([status, body.reason], [403, "Forbidden"]);
  });

  it("pause is an internal error where no virt-handler answers", async () => {
    machine("Always", "Running");
    assert.equal((await ask(api, "PUT", `${subresources}/virtualmachineinstances/vm/pause`)).status, 500);
  });
});

describe("the eviction of a launcher pod", () => {
  let world: World;
  let api: ApiServer;

  beforeEach(() => {
    ({ world, api } = apiOf());
    world.store.create<Pod>("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: "virt-launcher-vm-abcde",
        namespace: "lab",
        labels: { "kubevirt.io": "virt-launcher" },
        annotations: { "kubevirt.io/domain": "vm" },
      },
      spec: { nodeName: "worker", containers: [{ name: "main" }] },
      status: { phase: "Running" },
    });
  });

  function instance(evictionStrategy: string, migratable: "True" | "False"): void {
    const { apiVersion, metadata, spec } = vmOf("vm", {}, { evictionStrategy });
    const conditions = [{ type: "LiveMigratable", status: migratable }];
    const kind = "VirtualMachineInstance";
    const status = { phase: "Running" as const, nodeName: "worker", conditions };
    const vmi: VirtualMachineInstance = { apiVersion, kind, metadata, spec: spec.template.spec, status };
    world.store.create("virtualmachineinstances", vmi);
  }

  const evict = () =>
    ask(api, "POST", "/api/v1/namespaces/lab/pods/virt-launcher-vm-abcde/eviction", {
      metadata: { name: "virt-launcher-vm-abcde" },
    });
  const marked = () =>
    world.store.get<VirtualMachineInstance>("virtualmachineinstances", "lab", "vm")!.status.evacuationNodeName;
  const pod = () => world.store.get<Pod>("pods", "lab", "virt-launcher-vm-abcde")!;

  for (const [strategy, migratable] of [
    ["None", "True"],
    ["LiveMigrateIfPossible", "False"],
  ] as const) {
    it(`with ${strategy}, migratable ${migratable}, deletes the pod`, async () => {
      instance(strategy, migratable);
      assert.equal((await evict()).status, 201);
      assert.equal(marked(), undefined);
      assert.notEqual(pod().metadata.deletionTimestamp, undefined);
      assert.equal(pod().status.conditions?.[0]?.reason, "EvictionByEvictionAPI");
    });
  }

  for (const [strategy, migratable] of [
    ["LiveMigrate", "True"],
    ["LiveMigrateIfPossible", "True"],
    ["External", "False"],
  ] as const) {
    it(`with ${strategy}, migratable ${migratable}, marks the instance and keeps the pod, time and again`, async () => {
      instance(strategy, migratable);
      const first = await evict();
      assert.deepEqual([first.status, first.body.reason], [429, undefined]);
      assert.match(first.body.message, /denied the request: Eviction triggered evacuation of VMI "lab\/vm"$/);
      assert.equal(marked(), "worker");
      assert.match((await evict()).body.message, /: Evacuation in progress: Eviction triggered evacuation/);
      assert.equal(pod().metadata.deletionTimestamp, undefined);
    });
  }

  it("with LiveMigrate that cannot migrate is refused, and marks nothing", async () => {
    instance("LiveMigrate", "False");
    const { status, body } = await evict();
    assert.equal(status, 429);
    assert.match(body.message, /VMI vm is configured with an eviction strategy but is not live-migratable$/);
    assert.equal(marked(), undefined);
  });

  it("fails while virt-api is down, and that of other pods does not", async () => {
    instance("None", "True");
    world.setRunning("virt-api", false);
    assert.equal((await evict()).status, 500);
    world.store.create<Pod>("pods", {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "p", namespace: "lab" },
      spec: { containers: [{ name: "main" }] },
      status: {},
    });
    assert.equal(
      (await ask(api, "POST", "/api/v1/namespaces/lab/pods/p/eviction", { metadata: { name: "p" } })).status,
      201,
    );
  });

  it("waits for a disruption budget that is spent", async () => {
    instance("None", "True");
    world.store.create("poddisruptionbudgets", {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "b", namespace: "lab" },
      spec: { selector: { matchLabels: { "kubevirt.io": "virt-launcher" } } },
      status: { disruptionsAllowed: 0, desiredHealthy: 1, currentHealthy: 0 },
    } as never);
    const { status, body } = await evict();
    assert.deepEqual([status, body.reason], [429, "TooManyRequests"]);
    assert.equal(pod().metadata.deletionTimestamp, undefined);
  });
});
