import assert from "node:assert/strict";
import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  Watch,
} from "@kubernetes/client-node";
import type { KubernetesObject } from "@kubernetes/client-node";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import { serve } from "../../../src/simulator/api/http.ts";
import type { Listening } from "../../../src/simulator/api/http.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, vmOf } from "./world.ts";

const custom = { group: "kubevirt.io", version: "v1", namespace: "lab", plural: "virtualmachines" };

describe("@kubernetes/client-node, as it is, against the simulated API server over HTTP", () => {
  let world: World;
  let api: ApiServer;
  let listening: Listening;
  let config: KubeConfig;

  beforeEach(async () => {
    ({ world, api } = apiOf());
    listening = await serve((request) => api.handle(request));
    config = new KubeConfig();
    config.loadFromClusterAndUser({ name: "simulated", server: listening.url, skipTLSVerify: true }, { name: "admin" });
  });

  afterEach(async () => {
    await listening[Symbol.asyncDispose]();
  });

  it("CoreV1Api creates, reads, lists, replaces and deletes", async () => {
    const core = config.makeApiClient(CoreV1Api);
    await core.createNamespacedConfigMap({ namespace: "lab", body: { metadata: { name: "a" }, data: { n: "1" } } });
    const read = await core.readNamespacedConfigMap({ namespace: "lab", name: "a" });
    assert.deepEqual(
      [read.kind, read.data, read.metadata?.creationTimestamp],
      ["ConfigMap", { n: "1" }, new Date("2026-01-01T00:00:00Z")],
    );
    const replaced = await core.replaceNamespacedConfigMap({
      namespace: "lab",
      name: "a",
      body: { ...read, data: {} },
    });
    assert.notEqual(replaced.metadata?.resourceVersion, read.metadata?.resourceVersion);
    assert.equal((await core.listConfigMapForAllNamespaces()).items.length, 1);
    const stale = core.replaceNamespacedConfigMap({ namespace: "lab", name: "a", body: { ...read, data: { n: "2" } } });
    await assert.rejects(stale, (error) => error instanceof ApiException && error.code === 409);
    await core.deleteNamespacedConfigMap({ namespace: "lab", name: "a" });
    const gone = core.readNamespacedConfigMap({ namespace: "lab", name: "a" });
    await assert.rejects(gone, (error) => error instanceof ApiException && error.code === 404);
  });

  it("CustomObjectsApi handles virtual machines and their subresources", async () => {
    const objects = config.makeApiClient(CustomObjectsApi);
    await objects.createNamespacedCustomObject({ ...custom, body: vmOf("one", { runStrategy: "Manual" }) });
    const { items } = (await objects.listNamespacedCustomObject(custom)) as { items: KubernetesObject[] };
    assert.deepEqual(
      items.map(({ kind, metadata }) => [kind, metadata?.name]),
      [["VirtualMachine", "one"]],
    );
    const response = await fetch(
      `${listening.url}/apis/subresources.kubevirt.io/v1/namespaces/lab/virtualmachines/one/start`,
      { method: "PUT", headers: { accept: "application/json, */*" } },
    );
    assert.deepEqual([response.status, await response.text()], [202, ""]);
    const vm = (await objects.getNamespacedCustomObject({ ...custom, name: "one" })) as { status: object };
    assert.deepEqual(vm.status, { stateChangeRequests: [{ action: "Start" }] });
  });

  it("KubernetesObjectApi finds resources by discovery, and patches and applies them", async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const vm = vmOf("one") as unknown as KubernetesObject;
    await objects.create(vm);
    const labelled = { ...vm, metadata: { ...vm.metadata, labels: { a: "b" } } };
    const patched = await objects.patch(labelled, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
    assert.deepEqual(patched.metadata?.labels, { a: "b" });
    const list = await objects.list("kubevirt.io/v1", "VirtualMachine", "lab");
    assert.deepEqual(
      list.items.map(({ metadata }) => metadata?.name),
      ["one"],
    );
    await objects.delete(vm);
    await assert.rejects(
      objects.read({
        apiVersion: "kubevirt.io/v1",
        kind: "VirtualMachine",
        metadata: { name: "one", namespace: "lab" },
      }),
      (error) => error instanceof ApiException && error.code === 404,
    );
  });

  it("Watch is told of every change, and of the end", async () => {
    const told: string[] = [];
    let ended!: () => void;
    const end = new Promise<void>((resolve) => (ended = resolve));
    await new Watch(config).watch(
      "/apis/kubevirt.io/v1/virtualmachines",
      { timeoutSeconds: 5 },
      (type, object: KubernetesObject) => {
        told.push(`${type} ${object.metadata?.name}`);
        if (told.length === 3) world.clock.advanceTo(5000);
      },
      () => ended(),
    );
    for (const name of ["a", "b"]) world.store.create("virtualmachines", vmOf(name));
    world.store.delete("virtualmachines", "lab", "a");
    await end;
    assert.deepEqual(told, ["ADDED a", "ADDED b", "DELETED a"]);
    assert.equal(api.openWatches, 0);
  });

  it("gets the same bytes as a caller in-process", async () => {
    const requests = [
      ["GET", "/api", undefined],
      ["GET", "/apis", undefined],
      ["POST", "/api/v1/namespaces/lab/configmaps", JSON.stringify({ metadata: { name: "é" }, data: {} })],
      [
        "POST",
        "/api/v1/namespaces/lab/configmaps",
        JSON.stringify({ metadata: { generateName: "a-" }, data: { x: "ü" } }),
      ],
      ["POST", "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines", JSON.stringify(vmOf("one"))],
      ["GET", "/apis/kubevirt.io/v1/virtualmachines", undefined],
      ["DELETE", "/apis/kubevirt.io/v1/namespaces/lab/virtualmachines/one", undefined],
    ] as const;
    const twin = apiOf();
    for (const [method, path, body] of requests) {
      const headers = { accept: "application/json", "content-type": "application/json" };
      const over = await fetch(listening.url + path, { method, headers, ...(body !== undefined && { body }) });
      const within = await twin.api.handle({ method, path, headers, ...(body !== undefined && { body }) });
      assert.equal(over.status, within.status, path);
      assert.equal(await over.text(), within.body, path);
    }
  });

  it("finds nobody there while the API server is down", async () => {
    world.setRunning("kube-apiserver", false);
    await assert.rejects(config.makeApiClient(CoreV1Api).listNode());
  });

  it("leaves nothing behind when its watch is cut off", async () => {
    const controller = new AbortController();
    const open = await fetch(`${listening.url}/api/v1/pods?watch=1`, { signal: controller.signal });
    assert.equal(open.status, 200);
    assert.equal(api.openWatches, 1);
    controller.abort();
    while (api.openWatches > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
