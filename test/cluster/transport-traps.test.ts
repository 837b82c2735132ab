import { CoreV1Api, createConfiguration, CustomObjectsApi, ServerConfiguration } from "@kubernetes/client-node";
import * as clientNode from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { realClock } from "../../src/clock/real-clock.ts";
import { createKubeClient } from "../../src/cluster/api-client.ts";
import { httpLibrary } from "../../src/cluster/http-library.ts";
import type { KubeClient } from "../../src/cluster/kube-client.ts";
import { networkTransport } from "../../src/cluster/network-transport.ts";
import type { Transport } from "../../src/cluster/transport.ts";
import { pods, virtualMachines } from "../../src/kube/resources.ts";
import { ManualClock, settled } from "../clock/manual-clock.ts";
import { clientOf, kubeConfigFor } from "./client-of.ts";
import { FlakyServer, respond } from "./flaky-server.ts";

describe("requests", () => {
  let server: FlakyServer;
  let clock: ManualClock;
  let client: { kube: KubeClient; transport: Transport } & AsyncDisposable;

  beforeEach(async () => {
    server = await new FlakyServer().start();
    clock = new ManualClock();
    client = await clientOf(server.url, clock);
  });

  afterEach(async () => {
    await client[Symbol.asyncDispose]();
    await server.stop();
  });

  it("K1: two hundred requests go over one connection", async () => {
    for (let i = 0; i < 200; i++) await client.kube.list(pods);
    assert.equal(server.connections, 1);
  });

  it("K1: a kept connection that the server has closed is no failure", async () => {
    await client.kube.list(pods);
    await server.stop();
    await server.restart();
    assert.deepEqual(await client.kube.list(pods), []);
  });

  it("K1: a kept connection that the server closes just as it is used again is tried once more", async () => {
    await client.kube.list(pods);
    server.answer = (_, response) => {
      if (server.connections > 1) return false;
      response.socket!.resetAndDestroy();
      return true;
    };
    assert.deepEqual(await client.kube.list(pods), []);
    assert.equal(server.connections, 2);
  });

  it("K1: a server that goes away is named, with what it was asked and how to look after it", async () => {
    await client.kube.list(pods);
    await server.stop();
    await assert.rejects(client.kube.list(pods), {
      name: "EnvironmentError",
      message: new RegExp(
        `^the API server of context x \\(${server.url}\\) does not answer GET /api/v1/pods\\?limit=\\d+: ` +
          "connect ECONNREFUSED 127.*; see whether it runs, .*`kubectl --context x get --raw /readyz`",
      ),
    });
  });

  it("K1: so is one that goes away in the middle of its answer", async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"kind":', () => response.socket!.destroy());
      return true;
    };
    await assert.rejects(client.kube.list(pods), { name: "EnvironmentError", message: /API server of context x/ });
  });

  it("K2: an answer that never comes ends at the deadline, with what was asked", async () => {
    server.answer = () => true;
    const ending = assert.rejects(client.kube.get(pods, "a", "lab"), {
      name: "DeadlineError",
      message: "waited 30 s for the API server's answer to GET /api/v1/namespaces/lab/pods/a",
    });
    await clock.advance(30_000);
    await ending;
  });

  it("K2: an answer that stops in the middle ends at the deadline", async () => {
    server.answer = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write('{"kind":');
      return true;
    };
    const ending = assert.rejects(client.kube.get(pods, "a", "lab"), /waited 30 s/);
    while (server.seen.length === 0) await settled();
    await clock.advance(30_000);
    await ending;
  });

  it("K2: client-node's own APIs have keep-alive and the deadline too", async () => {
    const configuration = createConfiguration({
      baseServer: new ServerConfiguration(server.url, {}),
      httpApi: httpLibrary(clientNode, client.transport, clock, 5000),
    });
    server.put("a", "1");
    const core = new CoreV1Api(configuration);
    for (let i = 0; i < 3; i++) assert.equal((await core.listNamespacedPod({ namespace: "lab" })).items.length, 1);
    assert.equal(server.connections, 1);
    server.answer = () => true;
    const custom = new CustomObjectsApi(configuration);
    const ending = assert.rejects(
      custom.getNamespacedCustomObject({
        group: "kubevirt.io",
        version: "v1",
        namespace: "lab",
        plural: "virtualmachines",
        name: "a",
      }),
      /waited 5 s for the API server's answer to GET .*\/virtualmachines\/a/,
    );
    await settled();
    await clock.advance(5000);
    await ending;
  });

  it("K8: a plain-HTTP server needs insecure-skip-tls-verify in its kubeconfig, and the error says so", async () => {
    const transport = networkTransport(kubeConfigFor(server.url, {}));
    const kube = await createKubeClient(transport, clock);
    await assert.rejects(kube.list(pods), /HTTP protocol is not allowed when skipTLSVerify is not set/);
  });

  it("K9: each patch says which kind of patch it is", async () => {
    server.answer = (_, response) => respond(response, 200, { kind: "VirtualMachine" });
    await client.kube.mergePatch(virtualMachines, "vm", "lab", { spec: { runStrategy: "Halted" } });
    await client.kube.jsonPatch(virtualMachines, "vm", "lab", [{ op: "remove", path: "/spec/running" }]);
    assert.deepEqual(
      server.seen.map(({ method, headers, body }) => [method, headers["content-type"], body]),
      [
        ["PATCH", "application/merge-patch+json", '{"spec":{"runStrategy":"Halted"}}'],
        ["PATCH", "application/json-patch+json", '[{"op":"remove","path":"/spec/running"}]'],
      ],
    );
  });

  it("K10: a subresource's path keeps its slash", async () => {
    server.answer = (_, response) => {
      response.writeHead(202).end();
      return true;
    };
    await client.kube.subresource("virtualmachines", "lab", "vm", "start");
    const [{ method, url, headers }] = server.seen as [(typeof server.seen)[0]];
    assert.equal(method, "PUT");
    assert.equal(url.pathname, "/apis/subresources.kubevirt.io/v1/namespaces/lab/virtualmachines/vm/start");
    assert.equal(headers.accept, "application/json, */*");
  });

  it("K11: a refusal has code, reason and the server's sentence, and nothing of headers or token", async () => {
    const status = { kind: "Status", code: 409, reason: "Conflict", message: "VM is already running" };
    server.answer = (_, response) => respond(response, 409, status);
    await assert.rejects(client.kube.subresource("virtualmachines", "lab", "vm", "start"), {
      name: "ApiError",
      code: 409,
      reason: "Conflict",
      message: "VM is already running",
    });
  });

  it("K11: a page of a proxy in between is an error that quotes its beginning", async () => {
    server.answer = (_, response) => {
      response.writeHead(502, { "content-type": "text/html" }).end("<html>\n<h1>502 Bad Gateway</h1>");
      return true;
    };
    await assert.rejects(client.kube.list(pods), {
      name: "ApiError",
      code: 502,
      reason: "",
      message: "the API server answered 502: <html> <h1>502 Bad Gateway</h1>",
    });
  });

  it("authenticates as its kubeconfig says", async () => {
    await client.kube.list(pods);
    assert.equal(server.seen[0]!.headers.authorization, "Bearer sesame");
  });

  it("takes no object for null, and its deletion for done", async () => {
    const status = { kind: "Status", code: 404, reason: "NotFound", message: 'pods "a" not found' };
    server.answer = (_, response) => respond(response, 404, status);
    assert.equal(await client.kube.get(pods, "a", "lab"), null);
    await client.kube.delete(pods, "a", "lab", { gracePeriodSeconds: 0 });
    assert.equal(server.seen[1]!.url.search, "?gracePeriodSeconds=0");
  });

  it("finds by discovery, once, where a kind is created", async () => {
    const resources = [
      { name: "virtualmachines", kind: "VirtualMachine", namespaced: true },
      { name: "virtualmachines/status", kind: "VirtualMachine", namespaced: true },
    ];
    server.answer = ({ method }, response) => respond(response, 200, method === "GET" ? { resources } : {});
    const object = { apiVersion: "kubevirt.io/v1", kind: "VirtualMachine", metadata: {} };
    await client.kube.create({ ...object, metadata: { namespace: "lab" } });
    await client.kube.create(object);
    assert.deepEqual(
      server.seen.map(({ method, url }) => `${method} ${url.pathname}`),
      [
        "GET /apis/kubevirt.io/v1",
        "POST /apis/kubevirt.io/v1/namespaces/lab/virtualmachines",
        "POST /apis/kubevirt.io/v1/namespaces/default/virtualmachines",
      ],
    );
    await assert.rejects(
      client.kube.create({ ...object, kind: "Unheard" }),
      /knows no kind Unheard in kubevirt.io\/v1/,
    );
  });

  it("reaches a server whose address has a path", async () => {
    const transport = networkTransport(kubeConfigFor(`${server.url}/k8s/clusters/c-1/`));
    const kube = await createKubeClient(transport, realClock());
    await kube.list(pods, { namespace: "lab", labelSelector: "a=b,c in (d,e)" });
    const { url } = server.seen[0]!;
    assert.equal(url.pathname, "/k8s/clusters/c-1/api/v1/namespaces/lab/pods");
    assert.equal(url.searchParams.get("labelSelector"), "a=b,c in (d,e)");
    await transport[Symbol.asyncDispose]();
  });
});

describe("client-node", () => {
  it("K13: is imported when the first client is made, not before", async () => {
    const script = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ resolve: (name, context, next) => (loaded.push(name), next(name, context)) });
      for (const part of ["cluster/api-client", "cluster/network-transport", "observe/recorder"]) {
        await import("./src/" + part + ".ts");
      }
      console.log(loaded.some((name) => name.includes("client-node")));`;
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
      cwd: new URL("../..", import.meta.url),
    });
    assert.equal(stdout.trim(), "false");
  });
});
