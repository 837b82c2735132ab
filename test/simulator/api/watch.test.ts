import assert from "node:assert/strict";
import type { ApiServer } from "../../../src/simulator/api/api-server.ts";
import type { World } from "../../../src/simulator/world.ts";
import { apiOf, ask, watch } from "./world.ts";

const maps = "/api/v1/namespaces/lab/configmaps";

describe("a watch", () => {
  let world: World;
  let api: ApiServer;

  beforeEach(() => {
    ({ world, api } = apiOf({ historyLength: 10 }));
  });

  async function put(name: string, labels: Record<string, string> = {}): Promise<string> {
    const { body } = await ask(api, "POST", maps, { metadata: { name, labels }, data: { count: "0" } });
    return body.metadata.resourceVersion;
  }

  async function label(name: string, labels: Record<string, string | null>): Promise<void> {
    const headers = { "content-type": "application/merge-patch+json" };
    assert.equal((await ask(api, "PATCH", `${maps}/${name}`, { metadata: { labels } }, headers)).status, 200);
  }

  const told = ({ events }: Awaited<ReturnType<typeof watch>>) =>
    events.map(({ type, object }) => `${type} ${object.metadata.name}`);

  it("begins with what there is, in order, and goes on with what changes", async () => {
    await put("b");
    await put("a");
    const open = await watch(api, `${maps}?watch=true`);
    await put("c");
    await label("a", { x: "y" });
    await ask(api, "DELETE", `${maps}/b`);
    assert.deepEqual(told(open), ["ADDED a", "ADDED b", "ADDED c", "MODIFIED a", "DELETED b"]);
  });

  it("resumes after a version, telling what was missed once and in order", async () => {
    await put("a");
    const from = await put("b");
    await label("a", { x: "y" });
    await ask(api, "DELETE", `${maps}/b`);
    const open = await watch(api, `${maps}?watch=1&resourceVersion=${from}`);
    await put("c");
    assert.deepEqual(told(open), ["MODIFIED a", "DELETED b", "ADDED c"]);
  });

  it("from a version that is no longer kept says 410 Gone and ends", async () => {
    const from = await put("a");
    for (let n = 0; n < 20; n++) await label("a", { n: String(n) });
    const open = await watch(api, `${maps}?watch=1&resourceVersion=${from}`);
    assert.deepEqual(told(open), ["ERROR undefined"]);
    assert.partialDeepStrictEqual(open.events[0]!.object, { kind: "Status", code: 410, reason: "Expired" });
    assert.ok(open.ended());
    assert.equal(api.openWatches, 0);
  });

  it("tells nothing of other namespaces and resources", async () => {
    const open = await watch(api, `${maps}?watch=1`);
    await ask(api, "POST", "/api/v1/namespaces/default/configmaps", { metadata: { name: "elsewhere" } });
    await ask(api, "POST", "/api/v1/namespaces/lab/secrets", { metadata: { name: "other" } });
    assert.deepEqual(told(open), []);
  });

  it("with a selector tells of objects coming into it and leaving it", async () => {
    await put("a", { app: "web" });
    await put("b");
    const open = await watch(api, `${maps}?watch=1&labelSelector=app%3Dweb`);
    await label("b", { app: "web" });
    await label("b", { more: "yes" });
    await label("a", { app: null });
    await label("a", { more: "yes" });
    assert.deepEqual(told(open), ["ADDED a", "ADDED b", "MODIFIED b", "DELETED a"]);
  });

  it("sends bookmarks every minute to those who allow them, and none to others", async () => {
    const with_ = await watch(api, `${maps}?watch=1&allowWatchBookmarks=true`);
    const without = await watch(api, `${maps}?watch=1`);
    const version = await put("a");
    world.clock.advanceTo(61_000);
    assert.deepEqual(
      with_.events.map(({ type, object }) => [type, object.metadata.annotations?.["k8s.io/initial-events-end"]]),
      [
        ["BOOKMARK", "true"],
        ["ADDED", undefined],
        ["BOOKMARK", undefined],
      ],
    );
    assert.equal(with_.events[2]!.object.metadata.resourceVersion, version);
    assert.deepEqual(told(without), ["ADDED a"]);
  });

  it("ends at its timeout, on the model's clock", async () => {
    const open = await watch(api, `${maps}?watch=1&timeoutSeconds=30`);
    world.clock.advanceTo(29_999);
    assert.equal(open.ended(), false);
    world.clock.advanceTo(30_000);
    assert.equal(open.ended(), true);
    assert.equal(api.openWatches, 0);
  });

  it("that its client closed costs nothing any more", async () => {
    const open = await watch(api, `${maps}?watch=1&allowWatchBookmarks=true`);
    open.close();
    await put("a");
    assert.equal(api.openWatches, 0);
    assert.equal(world.clock.nextAt(), undefined);
    assert.deepEqual(told(open), ["BOOKMARK undefined"]);
  });

  it("is cut when the API server goes down, which then refuses connections", async () => {
    const open = await watch(api, `${maps}?watch=1`);
    world.setRunning("kube-apiserver", false);
    assert.ok(open.ended());
    await assert.rejects(ask(api, "GET", maps), { code: "ECONNREFUSED" });
    world.setRunning("kube-apiserver", true);
    assert.equal((await ask(api, "GET", maps)).status, 200);
  });

  it("shares the text of an event among all that ask alike", async () => {
    const texts: string[][] = [[], []];
    for (const collected of texts) {
      const { body } = await api.handle({ method: "GET", path: `${maps}?watch=1`, headers: {} });
      if (typeof body !== "string")
        body.read(
          (text) => collected.push(text),
          () => {},
        );
    }
    await put("a");
    assert.equal(texts[0]!.length, 1);
    assert.deepEqual(texts[0], texts[1]);
  });
});
