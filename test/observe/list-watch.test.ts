import assert from "node:assert/strict";
import type { KubeClient, Watch, WatchHandler } from "../../src/cluster/kube-client.ts";
import type { Transport } from "../../src/cluster/transport.ts";
import { pods } from "../../src/kube/resources.ts";
import { ManualClock } from "../clock/manual-clock.ts";
import { clientOf } from "../cluster/client-of.ts";
import { FlakyServer, respond } from "../cluster/flaky-server.ts";

describe("list and watch", () => {
  let server: FlakyServer;
  let clock: ManualClock;
  let client: { kube: KubeClient; transport: Transport } & AsyncDisposable;
  let watch: Watch | undefined;
  let told: string[];
  let lost: { from: number; to: number; reason: string }[];

  const handler: WatchHandler = {
    seen: (verb, { metadata }, blindSinceMs) =>
      told.push(
        `${verb} ${metadata.name}/${metadata.uid}` + (blindSinceMs === undefined ? "" : ` since ${blindSinceMs}`),
      ),
    lost: (from, to, reason) => lost.push({ from, to, reason }),
  };

  beforeEach(async () => {
    server = await new FlakyServer().start();
    clock = new ManualClock();
    client = await clientOf(server.url, clock);
    told = [];
    lost = [];
  });

  afterEach(async () => {
    await watch?.[Symbol.asyncDispose]();
    watch = undefined;
    await client[Symbol.asyncDispose]();
    await server.stop();
  });

  const begin = async (): Promise<void> => {
    watch = await client.kube.watch(pods, handler, { namespace: "lab" });
    await happens(() => server.streams === 1, "the stream to open");
  };

  it("lists what is there, with its kind, then tells each change", async () => {
    server.put("a", "1");
    await begin();
    server.put("b", "2");
    server.put("a", "1");
    server.remove("b");
    await happens(() => told.length === 4, "four changes");
    assert.deepEqual(told, ["LISTED a/1", "ADDED b/2", "MODIFIED a/1", "DELETED b/2"]);
    assert.deepEqual(lost, []);
  });

  it("asks for bookmarks and for an end, and goes on from the newest bookmark", async () => {
    await begin();
    const { searchParams } = server.watches[0]!.url;
    assert.equal(searchParams.get("allowWatchBookmarks"), "true");
    assert.equal(searchParams.get("timeoutSeconds"), "30");
    server.put("a", "1");
    server.bookmark();
    await happens(() => told.length === 1, "the change");
    server.endStreams();
    await happens(() => server.watches.length === 2, "the next stream");
    assert.equal(server.watches[1]!.url.searchParams.get("resourceVersion"), "101");
  });

  it("rejects where the first list fails", async () => {
    await server.stop();
    await assert.rejects(client.kube.watch(pods, handler), /ECONNREFUSED/);
    await server.restart();
  });

  it("K3: a stream that says nothing is given up after 40 s, and what it withheld is caught up with", async () => {
    await begin();
    server.put("a", "1");
    await happens(() => told.length === 1, "the first change");
    server.silenceStreams();
    server.put("b", "2");
    await clock.advance(30_000);
    server.speakAgain();
    await clock.advance(10_000);
    await happens(() => server.watches.length === 2 || told.length === 2, "the next stream");
    await clock.advance(100);
    await happens(() => told.length === 2, "the change that was withheld");
    assert.deepEqual(told.slice(1), ["ADDED b/2 since 0"]);
    assert.deepEqual(lost, [], "a watch that goes on from its version misses nothing");
  });

  it("K3: a stream whose headers never come is given up too", async () => {
    server.streamMode = "withhold";
    watch = await client.kube.watch(pods, handler);
    await happens(() => server.watches.length === 1, "the stream to be asked for");
    server.streamMode = "serve";
    await clock.advance(40_000);
    await clock.advance(100);
    await happens(() => server.streams === 1, "the next stream");
    server.put("a", "1");
    await happens(() => told.length === 1, "a change");
  });

  it("K4: what the handler throws ends the watch and comes out of it", async () => {
    watch = await client.kube.watch(pods, {
      ...handler,
      seen: () => {
        throw new Error("a bug in the reader");
      },
    });
    await happens(() => server.streams === 1, "the stream to open");
    server.put("a", "1");
    await assert.rejects(watch.closed, /a bug in the reader/);
    await assert.rejects(async () => watch![Symbol.asyncDispose](), /a bug in the reader/);
    await happens(() => server.streams === 0, "its stream to be closed");
    watch = undefined;
  });

  it("K5: an API server that restarts is watched again, and nothing of the time between is missed", async () => {
    await begin();
    await clock.advance(1000);
    await server.stop();
    await happens(() => clock.pending > 0, "the back-off");
    await clock.advance(2000);
    server.put("a", "1");
    await server.restart();
    for (let i = 0; i < 1000 && told.length === 0; i++) await tick(clock, 100);
    assert.deepEqual(told, ["ADDED a/1 since 0"]);
    assert.deepEqual(lost, []);
  });

  it("K6: streams that are closed at once are not asked for in a tight loop, and the pause does not outlast them", async () => {
    server.streamMode = "close";
    watch = await client.kube.watch(pods, handler);
    for (let i = 0; i < 320; i++) await tick(clock, 10);
    const asked = server.watches.length;
    assert.ok(asked >= 2 && asked <= 7, `${asked} streams in 3.2 s`);
    server.streamMode = "serve";
    await clock.advance(5000);
    await happens(() => server.streams === 1, "a stream");
    server.put("a", "1");
    await happens(() => told.length === 1, "a change");
    server.endStreams();
    await happens(() => server.streams === 1, "the next stream, at once");
  });

  it("K6: a watch disposed of during its pause opens no stream afterwards", async () => {
    server.streamMode = "close";
    watch = await client.kube.watch(pods, handler);
    await happens(() => server.watches.length === 1, "the first stream");
    await happens(() => clock.pending === 1, "the pause");
    await watch[Symbol.asyncDispose]();
    assert.equal(clock.pending, 0);
    await clock.advance(60_000);
    assert.equal(server.watches.length, 1);
  });

  it("K7: deleted and created again across a gap is DELETED and ADDED, and the gap is owned up to", async () => {
    server.put("vm", "old");
    server.put("other", "same");
    server.put("gone", "gone");
    await begin();
    await clock.advance(500);
    server.silenceStreams();
    server.remove("vm");
    server.put("vm", "new");
    server.remove("gone");
    server.put("fresh", "fresh");
    server.forgetHistory();
    server.breakStreams();
    server.speakAgain();
    for (let i = 0; i < 1000 && told.length < 7; i++) await tick(clock, 100);
    assert.deepEqual(told.slice(3), [
      "DELETED vm/old since 0",
      "DELETED gone/gone since 0",
      "ADDED vm/new since 0",
      "ADDED fresh/fresh since 0",
    ]);
    assert.equal(lost.length, 1);
    assert.equal(lost[0]!.from, 0);
    assert.ok(lost[0]!.to >= 500);
    assert.match(lost[0]!.reason, /too old resource version/);
  });

  it("lists again when a stream is refused with 410 Gone", async () => {
    server.put("a", "1");
    await begin();
    let refused = false;
    server.answer = ({ url }, response) => {
      if (refused || !url.searchParams.has("watch")) return false;
      refused = true;
      return respond(response, 410, { kind: "Status", code: 410, reason: "Expired", message: "too old" });
    };
    server.breakStreams();
    for (let i = 0; i < 1000 && server.streams === 0; i++) await tick(clock, 100);
    assert.deepEqual(told, ["LISTED a/1"]);
    assert.deepEqual(
      lost.map(({ reason }) => reason),
      ["too old"],
    );
  });

  it("takes a recreation for one also within a stream", async () => {
    server.put("vm", "old");
    await begin();
    server.put("vm", "new");
    await happens(() => told.length === 3, "both changes");
    assert.deepEqual(told, ["LISTED vm/old", "DELETED vm/old", "ADDED vm/new"]);
  });

  it("gives up a stream with a line that is no JSON, and goes on behind the last good one", async () => {
    await begin();
    server.put("a", "1");
    await happens(() => told.length === 1, "the first change");
    server.sendRaw('{"type":"MODIF\n');
    await happens(() => server.watches.length === 2, "the next stream");
    server.put("b", "2");
    await happens(() => told.length === 2, "the next change");
    assert.deepEqual(told, ["ADDED a/1", "ADDED b/2"]);
    assert.equal(server.watches[1]!.url.searchParams.get("resourceVersion"), "101");
  });

  it("does not take half a line for a change", async () => {
    await begin();
    server.put("a", "1");
    await happens(() => told.length === 1, "the first change");
    server.sendRaw('{"type":"DELETED","object":{"metadata":{"name":"a","namespace":"lab","uid":"1"');
    server.endStreams();
    await happens(() => server.watches.length === 2, "the next stream");
    assert.deepEqual(told, ["ADDED a/1"]);
  });

  it("says, when it ends while cut off, that it saw nothing since", async () => {
    await begin();
    await clock.advance(2000);
    await server.stop();
    for (let i = 0; i < 100; i++) await tick(clock, 100);
    await watch![Symbol.asyncDispose]();
    watch = undefined;
    assert.equal(lost.length, 1);
    assert.ok(lost[0]!.from <= 2000 && lost[0]!.to === 12_000, JSON.stringify(lost));
    assert.match(lost[0]!.reason, /ECONNREFUSED/);
    await server.restart();
  });

  it("stops by the caller's signal", async () => {
    const control = new AbortController();
    watch = await client.kube.watch(pods, handler, { signal: control.signal });
    await happens(() => server.streams === 1, "the stream to open");
    control.abort();
    await watch.closed;
    await happens(() => server.streams === 0, "its stream to be closed");
    assert.equal(clock.pending, 0);
  });

  it("lists page by page, and anew when the list expires between two", async () => {
    let expired = false;
    server.answer = ({ url }, response) => {
      if (url.searchParams.has("watch")) return false;
      const item = (name: string) => ({ metadata: { name, namespace: "lab", uid: name, resourceVersion: "1" } });
      if (!url.searchParams.has("continue")) {
        return respond(response, 200, { metadata: { resourceVersion: "100", continue: "more" }, items: [item("a")] });
      }
      if (expired) return respond(response, 200, { metadata: { resourceVersion: "100" }, items: [item("b")] });
      expired = true;
      return respond(response, 410, {
        kind: "Status",
        code: 410,
        reason: "Expired",
        message: "the continue token is too old",
      });
    };
    await begin();
    assert.deepEqual(told, ["LISTED a/a", "LISTED b/b"]);
  });
});

/** Waits, in real time, for what sockets bring; ten seconds at most. */
async function happens(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) assert.fail(`did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Moves the clock on, and gives sockets a moment. */
async function tick(clock: ManualClock, ms: number): Promise<void> {
  await clock.advance(ms);
  await new Promise((resolve) => setTimeout(resolve, 2));
}
