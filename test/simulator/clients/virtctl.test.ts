import assert from "node:assert/strict";
import { clientOf } from "./https-client.ts";
import type { Answer, Send } from "./https-client.ts";
import { until } from "./kubectl.ts";
import { simulate, vmManifest } from "./served.ts";
import type { Served } from "./served.ts";

const kubevirt = "/apis/kubevirt.io/v1/namespaces/default";
const subresources = "/apis/subresources.kubevirt.io/v1/namespaces/default";

/** The requests that virtctl v1.9.0 sends for its commands (pkg/virtctl, client-go's expansions of KubeVirt's clients). */
class Virtctl {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  start = (vm: string, options: object = {}) => this.#machine(vm, "start", options);
  stop = (vm: string, options: object = {}) => this.#machine(vm, "stop", options);
  restart = (vm: string, options: object = {}) => this.#machine(vm, "restart", options);
  migrate = (vm: string, options: object = {}) => this.#machine(vm, "migrate", options);
  pause = (vmi: string) => this.#instance(vmi, "pause", {});
  unpause = (vmi: string) => this.#instance(vmi, "unpause", {});
  softReboot = (vmi: string) => this.#instance(vmi, "softreboot");
  guestOsInfo = (vmi: string) => this.#send("GET", `${subresources}/virtualmachineinstances/${vmi}/guestosinfo`);
  expand = (vm: string) => this.#send("GET", `${subresources}/virtualmachines/${vm}/expand-spec`);

  /** Deletes the first migration of the VMI that is not over; false where there is none. */
  async migrateCancel(vmi: string): Promise<boolean> {
    const selector = encodeURIComponent(`kubevirt.io/vmi-name==${vmi}`);
    const { body } = await this.#send("GET", `${kubevirt}/virtualmachineinstancemigrations?labelSelector=${selector}`);
    const items = body["items"] as { metadata: { name: string }; status?: { phase?: string } }[];
    const active = items.find(({ status }) => !["Succeeded", "Failed"].includes(status?.phase ?? ""));
    if (active === undefined) return false;
    const { status, text } = await this.#send(
      "DELETE",
      `${kubevirt}/virtualmachineinstancemigrations/${active.metadata.name}`,
      {
        kind: "DeleteOptions",
        apiVersion: "kubevirt.io/v1",
      },
      { "content-type": "application/json" },
    );
    // It may have ended, and gone, in between.
    if (status === 404) return false;
    assert.equal(status, 200, text);
    return true;
  }

  /** First which version is preferred, then what that says. */
  async version(): Promise<Answer> {
    const { body } = await this.#send("GET", "/apis/subresources.kubevirt.io");
    const { groupVersion } = body["preferredVersion"] as { groupVersion: string };
    return this.#send("GET", `/apis/${groupVersion}/version`);
  }

  #machine(name: string, command: string, options: object): Promise<Answer> {
    return this.#send("PUT", `${subresources}/virtualmachines/${name}/${command}`, options);
  }

  #instance(name: string, command: string, options?: object): Promise<Answer> {
    return this.#send("PUT", `${subresources}/virtualmachineinstances/${name}/${command}`, options);
  }
}

describe("virtctl's requests to the simulated cluster", function () {
  this.timeout(60_000);
  let served: Served;
  let send: Send;
  let virtctl: Virtctl;

  before(async () => {
    served = await simulate("--speed", "10", "--nodes", "2");
    send = await clientOf(served);
    virtctl = new Virtctl(send);
    for (const [name, more, template] of [
      ["web", {}, { evictionStrategy: "LiveMigrate" }],
      ["other", {}, {}],
      ["manual", { runStrategy: "Manual" }, {}],
      ["once", { runStrategy: "Once" }, {}],
      ["off", { runStrategy: "Halted" }, {}],
      ["probed", {}, { livenessProbe: { tcpSocket: { port: 22 }, initialDelaySeconds: 600 } }],
    ] as const) {
      const { status, text } = await send("POST", `${kubevirt}/virtualmachines`, vmManifest(name, more, template), {
        "content-type": "application/json",
      });
      assert.equal(status, 201, text);
    }
    for (const name of ["web", "other", "once", "probed"]) await phaseOf(name, "Running");
  });
  after(() => served?.[Symbol.asyncDispose]());

  interface Instance {
    metadata: { uid: string; name: string };
    spec: { terminationGracePeriodSeconds?: number };
    status: { phase: string; nodeName: string; conditions?: { type: string; status: string }[] };
  }
  const instance = async (name: string): Promise<Instance | undefined> => {
    const { status, body } = await send("GET", `${kubevirt}/virtualmachineinstances/${name}`);
    return status === 200 ? (body as unknown as Instance) : undefined;
  };
  const machine = async (name: string) =>
    (await send("GET", `${kubevirt}/virtualmachines/${name}`)).body as unknown as {
      spec: { runStrategy: string };
      status: { printableStatus: string; stateChangeRequests?: object[] };
    };
  /** Nothing that was asked of it is still to be done. */
  const stopped = (name: string) =>
    until(`${name} is stopped`, async () => {
      const { printableStatus, stateChangeRequests = [] } = (await machine(name)).status;
      return printableStatus === "Stopped" && stateChangeRequests.length === 0;
    });
  const phaseOf = (name: string, phase: string) =>
    until(`${name} is ${phase}`, async () => (await instance(name))?.status.phase === phase);
  const isReady = async (name: string) =>
    (await instance(name))?.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ===
    true;

  function refused(answer: Answer, code: number, reason: string, message: string): void {
    assert.deepEqual([answer.status, answer.body.reason, answer.body.message], [code, reason, message]);
  }
  const about = (kind: string, name: string, what: string) =>
    `Operation cannot be fulfilled on ${kind}.kubevirt.io "${name}": ${what}`;

  it("version", async () => {
    const { status, body } = await virtctl.version();
    assert.deepEqual([status, body["gitVersion"]], [200, "v1.9.0"]);
  });

  it("start of a halted VM makes it run always, and stop halts it again", async () => {
    const { status, text } = await virtctl.start("off");
    assert.deepEqual([status, text], [202, ""]);
    assert.equal((await machine("off")).spec.runStrategy, "Always");
    await phaseOf("off", "Running");
    refused(await virtctl.start("off"), 409, "Conflict", about("virtualmachine", "off", "VM is already running"));
    assert.equal((await virtctl.stop("off")).status, 202);
    assert.equal((await machine("off")).spec.runStrategy, "Halted");
    await stopped("off");
    refused(await virtctl.stop("off"), 409, "Conflict", about("virtualmachine", "off", "VM is not running"));
  });

  it("start and stop of a manual VM leave its strategy", async () => {
    assert.equal((await virtctl.start("manual")).status, 202);
    await phaseOf("manual", "Running");
    assert.equal((await virtctl.stop("manual", { gracePeriod: 0 })).status, 202);
    await stopped("manual");
    assert.equal((await machine("manual")).spec.runStrategy, "Manual");
    refused(await virtctl.stop("manual"), 409, "Conflict", about("virtualmachine", "manual", "VM is not running"));
  });

  it("start can begin paused", async () => {
    assert.equal((await virtctl.start("manual", { paused: true })).status, 202);
    await until("manual is paused", async () => (await machine("manual")).status.printableStatus === "Paused");
    assert.equal((await virtctl.unpause("manual")).status, 200);
    await until("manual runs", async () => (await machine("manual")).status.printableStatus === "Running");
    await virtctl.stop("manual");
    await stopped("manual");
  });

  it("restart makes a new instance, but not of a halted VM or one that runs once", async () => {
    const before = (await instance("other"))!.metadata.uid;
    assert.equal((await virtctl.restart("other")).status, 202);
    await until("other is another", async () => {
      const now = await instance("other");
      return now !== undefined && now.metadata.uid !== before && now.status.phase === "Running";
    });
    for (const strategy of ["Halted", "Once"]) {
      const name = strategy === "Halted" ? "off" : "once";
      refused(
        await virtctl.restart(name),
        409,
        "Conflict",
        about("virtualmachine", name, `RunStategy ${strategy} does not support manual restart requests`),
      );
    }
    refused(
      await virtctl.restart("other", { gracePeriodSeconds: 5 }),
      400,
      "BadRequest",
      "For force restart, only gracePeriod=0 is supported for now",
    );
    refused(
      await virtctl.restart("manual"),
      409,
      "Conflict",
      about("virtualmachine", "manual", "VM is not running: Halted"),
    );
    refused(await virtctl.restart("none"), 404, "NotFound", 'virtualmachine.kubevirt.io "none" not found');
  });

  it("migrate moves the same instance, and a second one meanwhile is an internal error", async () => {
    const before = (await instance("web"))!;
    assert.equal((await virtctl.migrate("web")).status, 202);
    const second = await virtctl.migrate("web");
    assert.deepEqual([second.status, second.body.reason], [500, "InternalError"]);
    assert.match(second.body.message!, /in-flight migration detected/);
    await until("web has moved", async () => {
      const now = (await instance("web"))!;
      return now.status.nodeName !== before.status.nodeName && now.status.phase === "Running";
    });
    assert.equal((await instance("web"))!.metadata.uid, before.metadata.uid);
    refused(await virtctl.migrate("off"), 404, "NotFound", 'virtualmachineinstance.kubevirt.io "off" not found');
  });

  it("migrate-cancel deletes the migration that is not over", async () => {
    await until("web is ready", () => isReady("web"));
    await until("no migration is under way", async () => !(await virtctl.migrateCancel("web")));
    const { nodeName } = (await instance("web"))!.status;
    assert.equal((await virtctl.migrate("web")).status, 202);
    assert.equal(await virtctl.migrateCancel("web"), true);
    await until("the migration is gone", async () => !(await virtctl.migrateCancel("web")));
    assert.equal((await instance("web"))!.status.nodeName, nodeName);
    assert.equal((await instance("web"))!.status.phase, "Running");
  });

  it("pause and unpause", async () => {
    assert.equal((await virtctl.pause("other")).status, 200);
    await until("other is paused", async () => (await machine("other")).status.printableStatus === "Paused");
    refused(
      await virtctl.pause("other"),
      409,
      "Conflict",
      about("virtualmachineinstance", "other", "VMI is already paused"),
    );
    refused(
      await virtctl.softReboot("other"),
      409,
      "Conflict",
      about("virtualmachineinstance", "other", "VMI is paused"),
    );
    assert.equal((await virtctl.unpause("other")).status, 200);
    await until("other runs", async () => (await machine("other")).status.printableStatus === "Running");
    refused(
      await virtctl.unpause("other"),
      409,
      "Conflict",
      about("virtualmachineinstance", "other", "VMI is not paused"),
    );
    const probed = await virtctl.pause("probed");
    assert.deepEqual([probed.status, probed.body.reason], [403, "Forbidden"]);
    assert.match(probed.body.message!, /Pausing VMIs with a non-GuestAgentPing LivenessProbe is not supported/);
    refused(await virtctl.pause("none"), 404, "NotFound", 'virtualmachineinstance.kubevirt.io "none" not found');
  });

  it("soft-reboot keeps the instance", async () => {
    const { uid } = (await instance("other"))!.metadata;
    assert.equal((await virtctl.softReboot("other")).status, 200);
    await until("other is ready", () => isReady("other"));
    assert.equal((await instance("other"))!.metadata.uid, uid);
  });

  it("guestosinfo needs an agent, and a running instance", async () => {
    const without = await virtctl.guestOsInfo("other");
    assert.equal(without.status, 500);
    assert.match(without.text, /VMI does not have guest agent connected/);
    assert.match((await virtctl.guestOsInfo("off")).text, /"off" not found/);
  });

  it("console is refused, and it is said why", async () => {
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "eA==",
    };
    const { status, body } = await send(
      "GET",
      `${subresources}/virtualmachineinstances/other/console`,
      undefined,
      upgrade,
    );
    assert.equal(status, 501);
    assert.match(body.message!, /the simulated cluster has no console: its guests are models/);
  });
});
