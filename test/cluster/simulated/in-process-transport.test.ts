import assert from "node:assert/strict";
import { createKubeClient } from "../../../src/cluster/api-client.ts";
import { networkTransport } from "../../../src/cluster/network-transport.ts";
import { inProcessTransport } from "../../../src/cluster/simulated/in-process-transport.ts";
import { VirtualClock } from "../../../src/cluster/simulated/virtual-clock.ts";
import type { HttpRequest, HttpResponse, Transport } from "../../../src/cluster/transport.ts";
import { pods, virtualMachines } from "../../../src/kube/resources.ts";
import { serve } from "../../../src/simulator/api/http.ts";
import { apiOf } from "../../simulator/api/world.ts";
import { kubeConfigFor } from "../client-of.ts";

const accept = { Accept: "application/json, */*" };
const json = { ...accept, "Content-Type": "application/json" };
const vm = {
  apiVersion: "kubevirt.io/v1",
  kind: "VirtualMachine",
  metadata: { name: "vm", namespace: "lab" },
  spec: { runStrategy: "Halted", template: { spec: { domain: { devices: {} } } } },
};
const vms = "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines";

/** One request of every sort, in an order that makes each matter. */
const requests: HttpRequest[] = [
  { method: "GET", path: "/version", headers: accept },
  { method: "GET", path: "/apis/kubevirt.io/v1", headers: accept },
  { method: "POST", path: vms, headers: json, body: JSON.stringify(vm) },
  { method: "POST", path: vms, headers: json, body: JSON.stringify(vm) },
  { method: "POST", path: vms, headers: json, body: '{"apiVersion":"kubevirt.io/v1","ki' },
  { method: "GET", path: `${vms}/vm`, headers: accept },
  { method: "GET", path: `${vms}/none`, headers: accept },
  {
    method: "PATCH",
    path: `${vms}/vm`,
    headers: { ...accept, "Content-Type": "application/merge-patch+json" },
    body: '{"metadata":{"labels":{"größe":"no","size":"large"}}}',
  },
  {
    method: "PATCH",
    path: `${vms}/vm`,
    headers: { ...accept, "Content-Type": "application/merge-patch+json" },
    body: '{"metadata":{"annotations":{"note":"größer als 1 €"}}}',
  },
  { method: "GET", path: `${vms}?labelSelector=size%3Dlarge&limit=500`, headers: accept },
  { method: "GET", path: `${vms}?labelSelector=%3D%3D`, headers: accept },
  { method: "GET", path: vms, headers: { Accept: "application/json;as=Table;v=v1;g=meta.k8s.io" } },
  { method: "GET", path: `${vms}?watch=true&resourceVersion=2&timeoutSeconds=5`, headers: accept },
  { method: "DELETE", path: `${vms}/vm?gracePeriodSeconds=0`, headers: accept },
  { method: "GET", path: "/apis/no.such.group/v1", headers: accept },
];

describe("the in-process transport", () => {
  it("answers with the same bytes as over HTTP, request by request and line by line", async () => {
    const [called, served] = [apiOf(), apiOf()];
    const clock = new VirtualClock(called.world.clock);
    const listening = await serve((request) => served.api.handle(request));
    const inProcess = inProcessTransport((request) => called.api.handle(request), clock);
    const network = networkTransport(kubeConfigFor(listening.url));
    try {
      for (const request of requests) {
        const isWatch = request.path.includes("watch=true");
        const [here, there] = await Promise.all([inProcess.send(request), network.send(request)]);
        const bodies = [here, there].map((answer) => (isWatch ? readLines(answer) : answer.text()));
        if (isWatch) {
          await clock.sleep(5000);
          served.world.clock.advanceTo(5000);
        }
        const title = `${request.method} ${request.path}`;
        assert.equal(here.status, there.status, title);
        assert.equal(here.headers["content-type"], there.headers["content-type"], title);
        assert.equal(await bodies[0], await bodies[1], title);
        assert.notEqual(await bodies[0], "", title);
      }
    } finally {
      await network[Symbol.asyncDispose]();
      await listening[Symbol.asyncDispose]();
    }
  });

  it("hands a watch's lines on at the instant of the change, and lets them be dealt with before time goes on", async () => {
    const { api, world } = apiOf();
    const clock = new VirtualClock(world.clock);
    const kube = await createKubeClient(inProcess(api, clock), clock);
    const told: string[] = [];
    const watch = await kube.watch(virtualMachines, {
      seen: (verb, object) => {
        const at = clock.now();
        void Promise.resolve().then(() => told.push(`${verb} ${object.metadata.name} ${at} ${clock.now()}`));
      },
      lost: () => assert.fail("nothing is lost"),
    });
    for (const [at, name] of [
      [100, "a"],
      [100.5, "b"],
    ] as const) {
      world.clock.schedule(
        at,
        () => void world.store.create("virtualmachines", { ...vm, metadata: { name, namespace: "lab" } }),
      );
    }
    await clock.sleep(200_000);
    assert.deepEqual(told, ["ADDED a 100 100", "ADDED b 100.5 100.5"]);
    await watch[Symbol.asyncDispose]();
    assert.equal(api.openWatches, 0);
  });

  it("finds an API server that is down, and comes back when it is up, with nothing missed", async () => {
    const { api, world } = apiOf();
    const clock = new VirtualClock(world.clock);
    const kube = await createKubeClient(inProcess(api, clock), clock);
    const told: string[] = [];
    const lost: string[] = [];
    const watch = await kube.watch(virtualMachines, {
      seen: (verb, { metadata }, since) => told.push(`${verb} ${metadata.name} at ${clock.now()} since ${since}`),
      lost: (from, to, reason) => lost.push(`${from} ${to} ${reason}`),
    });
    const { schedule } = { schedule: world.clock.schedule.bind(world.clock) };
    schedule(10_000, () => world.setRunning("kube-apiserver", false));
    schedule(
      20_000,
      () => void world.store.create("virtualmachines", { ...vm, metadata: { name: "a", namespace: "lab" } }),
    );
    schedule(30_000, () => world.setRunning("kube-apiserver", true));
    await clock.sleep(15_000);
    await assert.rejects(kube.list(pods), /ECONNREFUSED/);
    await clock.sleep(60_000);
    assert.equal(told.length, 1);
    assert.match(told[0]!, /^ADDED a at 3\d{4} since 10000$/);
    assert.deepEqual(lost, []);
    await watch[Symbol.asyncDispose]();
  });

  it("cuts a request that is aborted, and closes the stream that it would have got", async () => {
    const { api, world } = apiOf();
    const clock = new VirtualClock(world.clock);
    const transport = inProcess(api, clock);
    const control = new AbortController();
    const sending = transport.send({
      method: "GET",
      path: `${vms}?watch=true`,
      headers: accept,
      signal: control.signal,
    });
    control.abort(new Error("enough"));
    await assert.rejects(sending, /enough/);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(api.openWatches, 0);
  });
});

function inProcess(api: ReturnType<typeof apiOf>["api"], clock: VirtualClock): Transport {
  return inProcessTransport((request) => api.handle(request), clock);
}

async function readLines(response: HttpResponse): Promise<string> {
  let text = "";
  await response.lines((line) => (text += line + "\n"));
  return text;
}
