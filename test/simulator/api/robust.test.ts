import assert from "node:assert/strict";
import { connect } from "node:net";
import fc from "fast-check";
import type { KubeObject } from "../../../src/kube/objects.ts";
import { serve } from "../../../src/simulator/api/http.ts";
import { registry } from "../../../src/simulator/api/registry.ts";
import type { Served } from "../../../src/simulator/api/registry.ts";
import { createSimulation } from "../../../src/simulator/create-simulation.ts";
import { apiOf, ask, vmOf } from "./world.ts";

const moment = () => new Promise((resolve) => setTimeout(resolve, 5));

/** What may stand where something else should. Numbers are small: asked for a billion replicas, the model makes them. */
const junk = fc.oneof(
  fc.constantFrom(null, true, "", [], {}, [null], [{}], { a: 1 }, "__proto__", "1Gi", -1),
  fc.integer({ min: -3, max: 3 }),
  fc.string(),
);

/** The value with another in one place; which one, the numbers say. */
function damaged(value: unknown, [turn = 0, ...turns]: number[], by: unknown): unknown {
  if (typeof value !== "object" || value === null || turn % 8 === 7) return by;
  const keys = Object.keys(value);
  const key = keys[turn % keys.length];
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as Record<string, unknown>;
  copy[key] = damaged(copy[key], turns, by);
  return copy;
}

function collectionOf({ group, version, namespaced, plural }: Served): string {
  return `${group === "" ? "/api" : `/apis/${group}`}/${version}${namespaced ? "/namespaces/default" : ""}/${plural}`;
}

describe("an API server that is asked nonsense", () => {
  it("answers every damaged object with a Status or by storing it, and the model goes on", async function () {
    this.timeout(60_000);
    const { api, clock, store } = createSimulation({ seed: 1, workers: 2 });
    const instance = vmOf("x").spec["template"] as { spec: object };
    const selector = { matchLabels: { app: "x" } };
    const specs: Record<string, object> = {
      virtualmachines: { ...vmOf("x").spec, runStrategy: "Always" },
      virtualmachineinstances: instance.spec,
      virtualmachineinstancereplicasets: { replicas: 1, selector, template: instance },
      virtualmachineinstancemigrations: { vmiName: "x" },
      virtualmachineclusterinstancetypes: { cpu: { guest: 1 }, memory: { guest: "1Gi" } },
      persistentvolumeclaims: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
      datavolumes: { source: { blank: {} }, storage: { resources: { requests: { storage: "1Gi" } } } },
      poddisruptionbudgets: { minAvailable: 1, selector },
    };
    const exampleOf = ({ plural, kind, group, version }: Served): object => {
      const { spec } = (store.list(plural)[0] ?? {}) as { spec?: object };
      const apiVersion = group === "" ? version : `${group}/${version}`;
      return { apiVersion, kind, metadata: { name: "x", labels: { app: "x" } }, spec: specs[plural] ?? spec ?? {} };
    };
    const examples = new Map(registry.map((served) => [served, exampleOf(served)]));
    const ways = fc.constantFrom(
      ["POST", "application/json"],
      ["PUT", "application/json"],
      ["PATCH", "application/merge-patch+json"],
      ["PATCH", "application/strategic-merge-patch+json"],
      ["PATCH", "application/apply-patch+yaml"],
      ["PATCH", "application/json-patch+json"],
      ["DELETE", "application/json"],
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...registry),
        ways,
        fc.array(fc.nat(), { maxLength: 9 }),
        junk,
        async (served, [method, type], turns, by) => {
          const whole = damaged(examples.get(served), turns, by);
          const body = type === "application/json-patch+json" ? [{ op: "add", path: "/spec", value: whole }] : whole;
          const path = `${collectionOf(served)}${method === "POST" ? "" : "/x"}?fieldManager=me`;
          const answered = await ask(api, method, path, body, { "content-type": type });
          const { status, text, headers } = answered;
          assert.ok(status < 500, text);
          if (status >= 400 && headers["content-type"] === "application/json") {
            assert.deepEqual(
              [answered.body.kind, (answered.body as unknown as { code: number }).code],
              ["Status", status],
            );
          }
          clock.advanceTo(clock.now() + 500);
        },
      ),
      { numRuns: 1500 },
    );
  });

  for (const [query, message] of [
    ["limit=many", 'strconv.ParseInt: parsing "many": invalid syntax'],
    ["watch=1&timeoutSeconds=soon", 'strconv.ParseInt: parsing "soon": invalid syntax'],
    [
      "continue=bnVsbA",
      'invalid continue token: continue key is not valid: server does not recognize this encoded version ""',
    ],
    [
      "continue=eyJ2IjoidjAifQ",
      'invalid continue token: continue key is not valid: server does not recognize this encoded version "v0"',
    ],
  ] as const) {
    it(`refuses ?${query}, and keeps no watch`, async () => {
      const { api } = apiOf();
      const { status, body } = await ask(api, "GET", `/api/v1/pods?${query}`);
      assert.deepEqual([status, body.reason, body.message], [400, "BadRequest", message]);
      assert.equal(api.openWatches, 0);
    });
  }

  it("refuses paths that are none, and says that there is no such page or method", async () => {
    const { api } = apiOf();
    assert.equal((await ask(api, "GET", "/api/v1/pods/%zz")).status, 400);
    assert.equal((await ask(api, "GET", "/api/v1/gadgets")).text, "404 page not found\n");
    assert.equal((await ask(api, "POST", "/")).status, 404);
    assert.equal((await ask(api, "PUT", "/api/v1/namespaces/lab/pods", {})).body.reason, "MethodNotAllowed");
  });

  it("hands a list of thousands out in pages, each object once, though it changes meanwhile", async () => {
    const { world, api } = apiOf();
    const create = (name: string) =>
      world.store.create<KubeObject>("configmaps", {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name, namespace: "lab" },
      });
    const names = Array.from({ length: 5000 }, (_, index) => `m${index}`);
    for (const name of names) create(name);
    const seen: string[] = [];
    let token = "";
    do {
      const { body } = await ask(api, "GET", `/api/v1/configmaps?limit=500&continue=${token}`);
      seen.push(...body.items.map(({ metadata }) => metadata.name));
      assert.equal(body.metadata.remainingItemCount ?? 0, names.length - seen.length);
      token = body.metadata.continue;
      create(`later-${seen.length}`);
      world.store.delete("configmaps", "lab", `m${5000 - seen.length / 500}`);
    } while (token);
    assert.deepEqual(seen.sort(), names.sort());
  });
});

describe("an API server over HTTP that is put under strain", () => {
  it("serves a thousand watches, and keeps nothing of those that vanish", async function () {
    this.timeout(30_000);
    const { world, api } = apiOf();
    await using listening = await serve((request) => api.handle(request));
    const { hostname, port } = new URL(listening.url);
    let told = 0;
    const sockets = Array.from({ length: 1000 }, () => {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => {});
      socket.setEncoding("utf8").on("data", (text: string) => (told += text.includes('"type":"ADDED"') ? 1 : 0));
      socket.write("GET /api/v1/configmaps?watch=1 HTTP/1.1\r\nHost: cluster\r\n\r\n");
      return socket;
    });
    while (api.openWatches < sockets.length) await moment();
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "news", namespace: "lab" } };
    world.store.create<KubeObject>("configmaps", map);
    while (told < sockets.length) await moment();
    for (const socket of sockets) socket.destroy();
    while (api.openWatches > 0) await moment();
  });

  it("refuses a body that is too large, and answers the next request", async () => {
    const { api } = apiOf();
    await using listening = await serve((request) => api.handle(request));
    const url = `${listening.url}/api/v1/namespaces/lab/configmaps`;
    const answer = await fetch(url, { method: "POST", body: "x".repeat(4_000_000) });
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { reason: string }).reason],
      [413, "RequestEntityTooLarge"],
    );
    assert.equal((await fetch(url)).status, 200);
  });

  it("refuses protobuf that it cannot read", async () => {
    const { api } = apiOf();
    await using listening = await serve((request) => api.handle(request));
    const send = async (body: Uint8Array) => {
      const headers = { "content-type": "application/vnd.kubernetes.protobuf" };
      return (await fetch(`${listening.url}/api/v1/namespaces`, { method: "POST", headers, body })).status;
    };
    const wrapped = (kind: string, raw: number[]) => {
      const meta = [0x0a, 2, ...Buffer.from("v1"), 0x12, kind.length, ...Buffer.from(kind)];
      return Buffer.from([...Buffer.from("k8s\0"), 0x0a, meta.length, ...meta, 0x12, raw.length, ...raw]);
    };
    assert.equal(await send(Buffer.from("nonsense")), 400);
    assert.equal(await send(Buffer.from("k8s\0\xff\xff", "latin1")), 400);
    assert.equal(await send(wrapped("CronJob", [])), 415);
    assert.equal(await send(wrapped("Namespace", [0xff, 0xff])), 400);
    assert.equal(await send(wrapped("Namespace", [0x0a, 0x03, 0x0a, 0x01, 0x61])), 201);
  });

  it("answers what goes wrong inside as an internal error, and goes on", async () => {
    let count = 0;
    const handle = () =>
      count++ === 0 ? Promise.reject(new Error("a defect")) : Promise.resolve({ status: 200, headers: {}, body: "ok" });
    await using listening = await serve(handle);
    const answer = await fetch(listening.url);
    assert.deepEqual(
      [answer.status, ((await answer.json()) as { message: string }).message],
      [500, "Internal error occurred: a defect"],
    );
    assert.equal(await (await fetch(listening.url)).text(), "ok");
  });
});
