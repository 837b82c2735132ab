import assert from "node:assert/strict";
import type { Pod } from "../../../src/kube/objects.ts";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, ask } from "./world.ts";

const maps = "/api/v1/namespaces/lab/configmaps";
const pods = "/api/v1/namespaces/lab/pods";
const patchType = (kind: string) => ({ "content-type": `application/${kind}` });
const json = patchType("json-patch+json");
const merge = patchType("merge-patch+json");
const strategic = patchType("strategic-merge-patch+json");
const apply = patchType("apply-patch+yaml");

describe("objects of the API", () => {
  let world: World;
  let api: ApiServer;

  beforeEach(() => {
    ({ world, api } = apiOf());
  });

  const get = async (path: string) => (await ask(api, "GET", path)).body;

  it("are written once by whoever read them last", async () => {
    await ask(api, "POST", maps, { metadata: { name: "a" }, data: { n: "0" } });
    const read = await get(`${maps}/a`);
    assert.equal((await ask(api, "PUT", `${maps}/a`, { ...read, data: { n: "1" } })).status, 200);
    const second = await ask(api, "PUT", `${maps}/a`, { ...read, data: { n: "2" } });
    assert.deepEqual([second.status, second.body.reason], [409, "Conflict"]);
    assert.equal((await get(`${maps}/a`)).data["n"], "1");
  });

  it("written without a change keep their version", async () => {
    const { body } = await ask(api, "POST", maps, { metadata: { name: "a" }, data: { n: "0" } });
    const again = await ask(api, "PUT", `${maps}/a`, body);
    assert.equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
  });

  it("leave out what is empty, as Go's types do: an uncordoned node says nothing of it", async () => {
    const node = "/api/v1/nodes/worker";
    const taint = { key: "a", effect: "NoSchedule" };
    await ask(api, "POST", "/api/v1/nodes", { metadata: { name: "worker" }, spec: { podCIDR: "10.0.0.0/24" } });
    await ask(api, "PATCH", node, { spec: { unschedulable: true, taints: [taint] } }, merge);
    assert.deepEqual((await get(node)).spec, { podCIDR: "10.0.0.0/24", unschedulable: true, taints: [taint] });
    await ask(api, "PATCH", node, { spec: { unschedulable: false, taints: [] } }, merge);
    assert.deepEqual((await get(node)).spec, { podCIDR: "10.0.0.0/24" });
    const { body } = await ask(api, "POST", maps, { metadata: { name: "a", labels: {}, finalizers: [] } });
    assert.ok(!("labels" in body.metadata) && !("finalizers" in body.metadata));
  });

  it("get a name of their own where only its beginning is given", async () => {
    const names = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const { body } = await ask(api, "POST", maps, { metadata: { generateName: "made-" } });
      assert.match(body.metadata.name, /^made-[a-z0-9]{5}$/);
      names.add(body.metadata.name);
    }
    assert.equal(names.size, 20);
  });

  it("are listed in pages of one state, whatever changes meanwhile", async () => {
    for (const name of ["a", "b", "c", "d", "e"]) await ask(api, "POST", maps, { metadata: { name } });
    const first = await ask(api, "GET", `${maps}?limit=2`);
    await ask(api, "DELETE", `${maps}/c`);
    await ask(api, "POST", maps, { metadata: { name: "bb" } });
    const names = first.body.items.map((item) => item.metadata.name);
    let token = first.body.metadata.continue;
    assert.equal(first.body.metadata.remainingItemCount, 3);
    while (token) {
      const { body } = await ask(api, "GET", `${maps}?limit=2&continue=${encodeURIComponent(token)}`);
      assert.equal(body.metadata.resourceVersion, first.body.metadata.resourceVersion);
      names.push(...body.items.map((item) => item.metadata.name));
      token = body.metadata.continue;
    }
    assert.deepEqual(names, ["a", "b", "c", "d", "e"]);
  });

  describe("patched", () => {
    beforeEach(async () => {
      await ask(api, "POST", pods, {
        metadata: { name: "p", labels: { app: "x", tier: "y" }, finalizers: ["one/f"] },
        spec: { containers: [{ name: "main", image: "i:1", env: [{ name: "A", value: "1" }] }] },
      });
    });

    it("by a merge patch lose what is null", async () => {
      const { body } = await ask(api, "PATCH", `${pods}/p`, { metadata: { labels: { app: null, new: "z" } } }, merge);
      assert.deepEqual(body.metadata.labels, { tier: "y", new: "z" });
    });

    it("by a strategic merge patch keep list elements that are not named", async () => {
      const patch = {
        metadata: { finalizers: ["two/f"], labels: { $patch: "replace", only: "this" } },
        spec: {
          containers: [
            {
              name: "main",
              env: [
                { name: "B", value: "2" },
                { name: "A", $patch: "delete" },
              ],
            },
            { name: "extra" },
          ],
        },
      };
      const { body, status } = await ask(api, "PATCH", `${pods}/p`, patch, strategic);
      assert.equal(status, 200);
      assert.deepEqual(body.metadata.finalizers, ["one/f", "two/f"]);
      assert.deepEqual(body.metadata.labels, { only: "this" });
      assert.deepEqual(body.spec["containers"], [
        { name: "main", image: "i:1", env: [{ name: "B", value: "2" }] },
        { name: "extra" },
      ]);
    });

    it("by a JSON patch only where its tests hold", async () => {
      const test = (value: string) => [
        { op: "test", path: "/metadata/labels/app", value },
        { op: "replace", path: "/metadata/labels/app", value: "changed" },
      ];
      const refused = await ask(api, "PATCH", `${pods}/p`, test("other"), json);
      assert.deepEqual([refused.status, refused.body.reason], [422, "Invalid"]);
      const accepted = await ask(api, "PATCH", `${pods}/p`, test("x"), json);
      assert.deepEqual([accepted.status, accepted.body.metadata.labels?.["app"]], [200, "changed"]);
      const nowhere = await ask(api, "PATCH", `${pods}/p`, [{ op: "remove", path: "/spec/nothing" }], json);
      assert.equal(nowhere.status, 422);
    });

    it("by applying are created where they are not there, and merged where they are", async () => {
      const text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: applied\ndata:\n  a: '1'\n";
      const path = `${maps}/applied?fieldManager=test`;
      assert.equal((await ask(api, "PATCH", path, text, apply)).status, 201);
      const second = await ask(api, "PATCH", path, text.replace("a: '1'", "b: '2'"), apply);
      assert.deepEqual([second.status, second.body.data], [200, { a: "1", b: "2" }]);
      assert.equal((await ask(api, "PATCH", `${maps}/applied`, text, apply)).status, 422);
    });
  });

  it("keep status and the rest apart where they have a status subresource", async () => {
    await ask(api, "POST", pods, {
      metadata: { name: "p" },
      spec: { containers: [{ name: "main" }] },
      status: { phase: "Failed" },
    });
    assert.equal((await get(`${pods}/p`)).status["phase"], "Pending");
    await ask(api, "PATCH", `${pods}/p`, { status: { phase: "Running" }, metadata: { labels: { a: "b" } } }, merge);
    assert.equal((await get(`${pods}/p`)).status["phase"], "Pending");
    const { body } = await ask(
      api,
      "PATCH",
      `${pods}/p/status`,
      { status: { phase: "Running" }, spec: { nodeName: "n" } },
      merge,
    );
    assert.deepEqual(
      [body.status["phase"], body.spec["nodeName"], body.metadata.labels],
      ["Running", undefined, { a: "b" }],
    );
  });

  it("tolerate a lost node for five minutes where pods do not say otherwise", async () => {
    const own = {
      key: "node.kubernetes.io/unreachable",
      operator: "Exists",
      effect: "NoExecute",
      tolerationSeconds: 5,
    };
    const { body } = await ask(api, "POST", pods, {
      metadata: { name: "p" },
      spec: { containers: [{ name: "main" }], tolerations: [own] },
    });
    assert.deepEqual(body.spec["tolerations"], [
      own,
      { key: "node.kubernetes.io/not-ready", operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 },
    ]);
  });

  describe("deleted", () => {
    beforeEach(async () => {
      await ask(api, "POST", pods, {
        metadata: { name: "p" },
        spec: { containers: [{ name: "main" }], nodeName: "worker", terminationGracePeriodSeconds: 60 },
      });
    });

    it("as bound pods stay for their grace, and go at once when forced", async () => {
      const marked = await ask(api, "DELETE", `${pods}/p`);
      assert.equal(marked.body.metadata.deletionGracePeriodSeconds, 60);
      assert.equal(marked.body.metadata.deletionTimestamp, "2026-01-01T00:01:00Z");
      assert.equal((await ask(api, "GET", `${pods}/p`)).status, 200);
      const forced = await ask(api, "DELETE", `${pods}/p`, { gracePeriodSeconds: 0 });
      assert.deepEqual([forced.status, forced.body.kind], [200, "Pod"]);
      assert.equal((await ask(api, "GET", `${pods}/p`)).status, 404);
    });

    it("with a body are deleted in earnest whatever the query says of a dry run", async () => {
      await ask(api, "DELETE", `${pods}/p?dryRun=All`);
      assert.equal((await get(`${pods}/p`)).metadata.deletionTimestamp, undefined);
      await ask(api, "DELETE", `${pods}/p?dryRun=All`, { gracePeriodSeconds: 0 });
      assert.equal((await ask(api, "GET", `${pods}/p`)).status, 404);
    });

    it("with finalizers stay until the last one is gone", async () => {
      await ask(api, "POST", maps, { metadata: { name: "held", finalizers: ["a/b"] } });
      const marked = await ask(api, "DELETE", `${maps}/held`);
      assert.equal(marked.body.kind, "ConfigMap");
      await ask(api, "PATCH", `${maps}/held`, { metadata: { finalizers: null } }, merge);
      assert.equal((await ask(api, "GET", `${maps}/held`)).status, 404);
    });

    it("as a collection, only those that the selector chooses go", async () => {
      for (const name of ["a", "b"]) await ask(api, "POST", maps, { metadata: { name, labels: { name } } });
      await ask(api, "DELETE", `${maps}?labelSelector=name%3Da`);
      const { body } = await ask(api, "GET", maps);
      assert.deepEqual(
        body.items.map((item) => item.metadata.name),
        ["b"],
      );
    });

    it("are held for the garbage collector as the propagation policy says", async () => {
      const policies = { Orphan: ["orphan"], Foreground: ["foregroundDeletion"] };
      for (const [propagationPolicy, finalizers] of Object.entries(policies)) {
        await ask(api, "POST", maps, { metadata: { name: "owner" } });
        await ask(api, "DELETE", `${maps}/owner`, { propagationPolicy });
        const { metadata } = await get(`${maps}/owner`);
        assert.deepEqual(metadata.finalizers, finalizers);
        await ask(api, "PATCH", `${maps}/owner`, { metadata: { finalizers: null } }, merge);
      }
    });
  });

  it("of a namespace that goes away cannot be created", async () => {
    world.store.mutate("namespaces", undefined, "lab", ({ metadata }) => (metadata.finalizers = ["x/y"]));
    await ask(api, "DELETE", "/api/v1/namespaces/lab");
    const { status, body } = await ask(api, "POST", maps, { metadata: { name: "late" } });
    assert.deepEqual([status, body.details.causes[0]!.reason], [403, "NamespaceTerminating"]);
  });

  for (const [what, method, path, body, status, message] of [
    ["another name than the URL's", "PUT", `${maps}/a`, { metadata: { name: "b" } }, 404, /configmaps "a" not found/],
    [
      "another namespace than the URL's",
      "POST",
      maps,
      { metadata: { name: "a", namespace: "other" } },
      400,
      /namespace of the provided object/,
    ],
    [
      "another API version",
      "POST",
      maps,
      { apiVersion: "v2", metadata: { name: "a" } },
      400,
      /does not match the expected API version/,
    ],
    ["no name", "POST", maps, { data: {} }, 422, /name or generateName is required/],
    [
      "a version of its own",
      "POST",
      maps,
      { metadata: { name: "a", resourceVersion: "5" } },
      400,
      /resourceVersion should not be set/,
    ],
    [
      "an unknown dry run",
      "POST",
      `${maps}?dryRun=Some`,
      { metadata: { name: "a" } },
      422,
      /Unsupported value: "Some"/,
    ],
  ] as const) {
    it(`with ${what} are refused`, async () => {
      const refused = await ask(api, method, path, body);
      assert.equal(refused.status, status);
      assert.match(refused.body.message, message);
    });
  }

  it("count their specification's generations, status and metadata aside", async () => {
    await ask(api, "POST", pods, { metadata: { name: "p" }, spec: { containers: [{ name: "main" }] } });
    const generation = () => world.store.get("pods", "lab", "p")?.metadata.generation;
    world.store.mutate<Pod>("pods", "lab", "p", ({ spec, status, metadata }) => {
      spec.nodeName = "worker";
      status.phase = "Running";
      metadata.labels = { a: "b" };
    });
    assert.equal(generation(), 1);
    world.store.mutate<Pod>("pods", "lab", "p", ({ spec }) => (spec.priority = 5));
    assert.equal(generation(), 2);
    await ask(api, "POST", maps, { metadata: { name: "a" } });
    assert.equal(world.store.get("configmaps", "lab", "a")?.metadata.generation, undefined);
  });

  it("that do not exist under that path are not found", async () => {
    for (const path of [
      "/api/v1/namespaces/lab/nodes",
      "/apis/kubevirt.io/v9/virtualmachines",
      "/nowhere",
      "/api/v1/pods/p",
    ]) {
      assert.equal((await ask(api, "GET", path)).status, 404, path);
    }
    assert.equal((await ask(api, "POST", "/api/v1/namespaces/lab/pods/p/status", {})).status, 405);
  });
});
