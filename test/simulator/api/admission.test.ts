import assert from "node:assert/strict";
import type { KubeObject, VirtualMachineInstance } from "../../../src/kube/objects.ts";
import { admit } from "../../../src/simulator/api/admission/admit.ts";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import { StatusError } from "../../../src/simulator/status-error.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, ask, vmOf } from "./world.ts";

const at = "/apis/kubevirt.io/v1/namespaces/lab";
const merge = { "content-type": "application/merge-patch+json" };

/** A bare instance of the specification that a VM's template would have. */
function vmiOf(name: string, template: object = {}): VirtualMachineInstance {
  const { apiVersion, metadata, spec } = vmOf(name, {}, template);
  return { apiVersion, kind: "VirtualMachineInstance", metadata, spec: spec.template.spec, status: {} };
}

describe("admission", () => {
  let world: World;
  let api: ApiServer;

  beforeEach(() => {
    ({ world, api } = apiOf());
  });

  const createVm = (more?: object, template?: object) =>
    ask(api, "POST", `${at}/virtualmachines`, vmOf("vm", more, template));
  const createVmi = (template?: object) => ask(api, "POST", `${at}/virtualmachineinstances`, vmiOf("vmi", template));

  describe("gives a new instance", () => {
    it("the cluster's eviction strategy, to keep whatever becomes of the cluster's", async () => {
      world.settings.evictionStrategy = "LiveMigrate";
      assert.equal((await createVmi()).body.spec["evictionStrategy"], "LiveMigrate");
      world.settings.evictionStrategy = "None";
      const { body } = await ask(api, "GET", `${at}/virtualmachineinstances/vmi`);
      assert.equal(body.spec["evictionStrategy"], "LiveMigrate");
    });

    it("CPUs of its limit, else of its request, else one; rounded up, as sockets", async () => {
      for (const [resources, sockets] of [
        [{ requests: { memory: "1Gi", cpu: "8" }, limits: { cpu: "10" } }, 10],
        [{ requests: { memory: "1Gi", cpu: "1500m" } }, 2],
        [{ requests: { memory: "1Gi" } }, 1],
      ] as const) {
        const vmi = vmiOf("vmi", { domain: { devices: {}, resources }, volumes: [], networks: [] });
        assert.equal(admit(world, "virtualmachineinstances", vmi).spec.domain.cpu?.sockets, sockets);
      }
    });

    it("room for more memory where the guest has a gibibyte", () => {
      for (const [guest, maxGuest] of [
        ["1Gi", "4Gi"],
        ["512Mi", undefined],
      ] as const) {
        const vmi = vmiOf("vmi", { domain: { devices: {}, memory: { guest } }, volumes: [], networks: [] });
        assert.equal(admit(world, "virtualmachineinstances", vmi).spec.domain.memory?.["maxGuest"], maxGuest);
      }
    });

    it("a bridge to the pod network where it names no network, unless it wants none", () => {
      const domain = (devices: object) => ({
        domain: { devices, memory: { guest: "1Gi" } },
        networks: [],
        volumes: [],
      });
      const given = admit(world, "virtualmachineinstances", vmiOf("vmi", domain({})));
      assert.deepEqual(given.spec.networks, [{ name: "default", pod: {} }]);
      assert.deepEqual(given.spec.domain.devices["interfaces"], [{ name: "default", bridge: {} }]);
      const none = admit(world, "virtualmachineinstances", vmiOf("vmi", domain({ autoattachPodInterface: false })));
      assert.deepEqual(none.spec.networks, []);
    });

    it("a disk for every volume, and probe periods", async () => {
      const probe = { tcpSocket: { port: 22 } };
      const { body } = await createVmi({
        livenessProbe: probe,
        volumes: [
          { name: "root", containerDisk: { image: "a:v1" } },
          { name: "data", emptyDisk: { capacity: "1Gi" } },
        ],
      });
      const { domain, livenessProbe } = body.spec as unknown as VirtualMachineInstance["spec"];
      assert.deepEqual(domain.devices["disks"], [
        { name: "root", disk: { bus: "virtio" } },
        { name: "data", disk: { bus: "sata" } },
      ]);
      const defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
      assert.deepEqual(livenessProbe, { ...probe, ...defaults });
    });
  });

  it("writes quantities in their canonical form", async () => {
    const { body } = await createVmi({
      domain: { devices: {}, resources: { requests: { memory: "1024Mi", cpu: "0.5" } } },
      networks: [],
      volumes: [],
    });
    const { domain } = body.spec as unknown as VirtualMachineInstance["spec"];
    assert.deepEqual(domain.resources?.requests, { memory: "1Gi", cpu: "500m" });
  });

  for (const [what, template, field] of [
    [
      "a volume twice",
      { volumes: [1, 2].map(() => ({ name: "root", containerDisk: { image: "a:v1" } })) },
      "volumes[1].name",
    ],
    ["a volume of no kind", { volumes: [{ name: "root" }] }, "volumes[0]"],
    [
      "a tcp probe without a pod network",
      { livenessProbe: { tcpSocket: { port: 1 } }, networks: [{ name: "default", multus: { networkName: "n" } }] },
      "livenessProbe.tcpSocket",
    ],
    ["a network of no kind", { networks: [{ name: "default" }] }, "networks[0]"],
    ["an unknown start strategy", { startStrategy: "Asleep" }, "startStrategy"],
    ["cloud-init without data", { volumes: [{ name: "root", cloudInitNoCloud: {} }] }, "volumes[0].cloudInitNoCloud"],
    ["a hostname that is none", { hostname: "Not_A_Name" }, "hostname"],
  ] as const) {
    it(`refuses ${what}, on an instance and in a VM's template`, async () => {
      for (const [answered, prefix] of [
        [await createVmi(template), "spec."],
        [await createVm({}, template), "spec.template.spec."],
      ] as const) {
        assert.equal(answered.status, 422, answered.text);
        assert.ok(
          answered.body.details.causes.some((cause) => cause.field === prefix + field),
          answered.text,
        );
      }
    });
  }

  it("refuses an instance without memory, and lets a VM wait for it", async () => {
    const nothing = { domain: { devices: {} }, networks: [], volumes: [] };
    assert.match(
      (await createVmi(nothing)).body.message,
      /no memory requested, at least one of 'spec.domain.memory.guest'/,
    );
    assert.equal((await createVm({}, nothing)).status, 201);
  });

  it("lists ten causes at most, and counts the rest", async () => {
    const volumes = Array.from({ length: 13 }, (_, index) => ({ name: `v${index}` }));
    const { body } = await createVmi({ volumes: [...volumes, { name: "root", containerDisk: { image: "a:v1" } }] });
    assert.equal(body.details.causes.length, 10);
    assert.match(body.message, /, and 3 more validation errors$/);
  });

  it("warns of spec.running, which is deprecated", async () => {
    const { status, headers } = await createVm({ runStrategy: undefined, running: true });
    assert.deepEqual(
      [status, headers["warning"]],
      [201, '299 - "spec.running is deprecated, please use spec.runStrategy instead."'],
    );
  });

  it("refuses what an existing instance type decides, and accepts one that is missing", async () => {
    const chosen = { instancetype: { kind: "VirtualMachineInstancetype", name: "small" } };
    assert.equal((await createVm(chosen)).status, 201);
    await ask(api, "DELETE", `${at}/virtualmachines/vm`);
    const type = { metadata: { name: "small" }, spec: { cpu: { guest: 1 }, memory: { guest: "1Gi" } } };
    const types = "/apis/instancetype.kubevirt.io/v1beta1/namespaces/lab/virtualmachineinstancetypes";
    assert.equal((await ask(api, "POST", types, type)).status, 201);
    const { status, body } = await createVm(chosen);
    assert.equal(status, 422);
    assert.deepEqual(
      body.details.causes.map(({ field }) => field),
      ["cpu", "memory"].map((what) => `spec.template.spec.domain.resources.requests.${what}`),
    );
  });

  it("drops what users write into an instance's status, and keeps what KubeVirt writes", async () => {
    await createVmi();
    const path = `${at}/virtualmachineinstances/vmi`;
    const { status } = await ask(api, "PATCH", path, { status: { phase: "Failed" } }, merge);
    assert.equal(status, 200);
    assert.equal((await ask(api, "GET", path)).body.status["phase"], "Pending");
    const stored = world.store.get<VirtualMachineInstance>("virtualmachineinstances", "lab", "vmi")!;
    const failed = { ...stored, status: { ...stored.status, phase: "Failed" as const } };
    const request = { by: "kubevirt" as const, old: stored, warnings: [] };
    assert.equal(admit(world, "virtualmachineinstances", failed, request).status.phase, "Failed");
  });

  it("lets one migration at a time pass, of an instance that can be migrated", async () => {
    const migrate = () =>
      ask(api, "POST", `${at}/virtualmachineinstancemigrations`, {
        metadata: { generateName: "m-" },
        spec: { vmiName: "vmi" },
      });
    const none = await migrate();
    assert.deepEqual([none.status, none.body.reason], [400, undefined]);
    assert.match(none.body.message, /the VMI "lab\/vmi" does not exist$/);
    await createVmi();
    const first = await migrate();
    assert.deepEqual(first.body.metadata.labels, { "kubevirt.io/vmi-name": "vmi" });
    assert.deepEqual(first.body.metadata.finalizers, ["kubevirt.io/migrationJobFinalize"]);
    const second = await migrate();
    assert.match(second.body.message, /in-flight migration detected\. Active migration job \(.+\) is currently/);
    world.store.mutate<KubeObject & { status?: object }>(
      "virtualmachineinstancemigrations",
      "lab",
      first.body.metadata.name,
      (migration) => (migration.status = { phase: "Succeeded" }),
    );
    world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", "lab", "vmi", ({ status }) => {
      status.conditions = [
        { type: "LiveMigratable", status: "False", reason: "DisksNotLiveMigratable", message: "no" },
      ];
    });
    assert.match((await migrate()).body.message, /Cannot migrate VMI, Reason: DisksNotLiveMigratable, Message: no$/);
  });

  it("refuses a replica set whose selector misses its own template", async () => {
    const { template } = vmOf("rs").spec;
    const set = (app: string) => ({ metadata: { name: app }, spec: { selector: { matchLabels: { app } }, template } });
    assert.equal((await ask(api, "POST", `${at}/virtualmachineinstancereplicasets`, set("rs"))).status, 201);
    const { status, body } = await ask(api, "POST", `${at}/virtualmachineinstancereplicasets`, set("other"));
    assert.deepEqual([status, body.details.causes[0]?.message], [422, "selector does not match labels."]);
  });

  describe("while virt-api is down", () => {
    beforeEach(async () => {
      await createVm();
      world.setRunning("virt-api", false);
    });

    it("writes of KubeVirt's kinds fail with 500, by users and by controllers", async () => {
      for (const { status, body } of [
        await createVmi(),
        await ask(api, "PATCH", `${at}/virtualmachines/vm`, { spec: { runStrategy: "Always" } }, merge),
      ]) {
        assert.deepEqual([status, body.reason], [500, "InternalError"]);
        assert.match(
          body.message,
          /^Internal error occurred: failed calling webhook "virtualmachine(instance)?s-mutator\.kubevirt\.io": /,
        );
      }
      const refused = (error: unknown) => error instanceof StatusError && error.code === 500;
      assert.throws(() => admit(world, "virtualmachineinstances", vmiOf("vmi")), refused);
    });

    it("reads, deletes and other kinds go on, and subresources answer 503", async () => {
      assert.equal((await ask(api, "GET", `${at}/virtualmachines/vm`)).status, 200);
      assert.equal(
        (
          await ask(api, "POST", "/api/v1/namespaces/lab/pods", {
            metadata: { name: "p" },
            spec: { containers: [{ name: "main" }] },
          })
        ).status,
        201,
      );
      const start = "/apis/subresources.kubevirt.io/v1/namespaces/lab/virtualmachines/vm/start";
      assert.equal((await ask(api, "PUT", start)).status, 503);
      assert.equal((await ask(api, "DELETE", `${at}/virtualmachines/vm`)).status, 200);
    });
  });
});
