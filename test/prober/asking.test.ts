import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { realClock } from "../../src/clock/real-clock.ts";
import { notYet, waitUntil } from "../../src/clock/wait-until.ts";
import { Asking, nowMs } from "../../src/prober/asking.ts";
import type { Report } from "../../src/prober/protocol.ts";

const bootId = "11111111-2222-3333-4444-555555555555";
const marker = "root/99999999-8888-7777-6666-555555555555";
const page = `HTTP/1.0 200 OK\r\n\r\n${bootId}\n${marker}\n`;

type RunReport = Extract<Report, { kind: "run" }>;

describe("asking", function () {
  const reports: Report[] = [];
  const asking = new Asking((report) => reports.push(report));
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  async function serve(answer: (socket: Socket) => void): Promise<number> {
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      answer(socket);
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  const runsOf = (id: string) => reports.filter((each): each is RunReport => each.kind === "run" && each.id === id);
  const see = (id: string, count: number) =>
    waitUntil(realClock(), {
      what: `run ${count} of ${id}`,
      limitMs: 5_000,
      everyMs: 10,
      look: () => runsOf(id)[count - 1] ?? notYet(JSON.stringify(runsOf(id))),
    });

  before(() => asking.start());
  after(() => {
    asking.stop();
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
  });

  it("hears boot id and marker, also of a server that closes without reading the question", async () => {
    const port = await serve((socket) => socket.end(page));
    asking.set({ id: "guest", addresses: ["127.0.0.1"], port });
    const run = await see("guest", 1);
    assert.deepEqual([run.ok, run.bootId, run.marker], [true, bootId, marker]);
    assert.equal(run.lastOfPreviousMs, null);
  });

  it("hears an answer that comes in pieces, and one without a marker", async () => {
    const pieces = await serve((socket) => {
      socket.write(page.slice(0, 30));
      setImmediate(() => socket.write(page.slice(30)));
    });
    asking.set({ id: "pieces", addresses: ["127.0.0.1"], port: pieces });
    assert.equal((await see("pieces", 1)).marker, marker);
    const plain = await serve((socket) => socket.end(`HTTP/1.1 200 OK\r\n\r\n${bootId}\n`));
    asking.set({ id: "plain", addresses: ["127.0.0.1"], port: plain });
    const run = await see("plain", 1);
    assert.deepEqual([run.bootId, run.marker], [bootId, null]);
  });

  it("takes nobody's word who tells no boot id", async () => {
    const port = await serve((socket) => socket.end("HTTP/1.0 200 OK\r\n\r\nhello\n"));
    asking.set({ id: "proxy", addresses: ["127.0.0.1"], port });
    assert.equal((await see("proxy", 1)).ok, false);
  });

  it("is answered where one of the addresses answers, and not delayed by the others", async () => {
    const port = await serve((socket) => socket.end(page));
    asking.set({ id: "moving", addresses: ["127.0.0.9", "127.0.0.1"], port });
    assert.equal((await see("moving", 1)).ok, true);
  });

  it("asks each period, whoever accepts and never answers", async () => {
    const askedAt: number[] = [];
    const slow = await serve(() => {});
    const quick = await serve((socket) => {
      askedAt.push(nowMs());
      socket.end(page);
    });
    asking.set({ id: "slow", addresses: ["127.0.0.1"], port: slow });
    asking.set({ id: "quick", addresses: ["127.0.0.1"], port: quick });
    const silent = await see("slow", 1);
    assert.equal(silent.ok, false);
    const tookMs = silent.knownMs - silent.askedMs;
    assert.ok(tookMs >= 900 && tookMs < 3_000, `given up after ${tookMs} ms`);
    assert.ok(askedAt.length >= 5, `${askedAt.length} questions within ${tookMs} ms`);
  });

  it("says nothing more of one that is forgotten", async () => {
    const port = await serve((socket) => socket.end(page));
    asking.set({ id: "gone", addresses: ["127.0.0.1"], port });
    asking.forget("gone");
    asking.set({ id: "kept", addresses: ["127.0.0.1"], port });
    await see("kept", 1);
    assert.deepEqual(runsOf("gone"), []);
  });

  it("says when nobody was asked, and holds its own standing still against nobody", async () => {
    const port = await serve((socket) => socket.end(page));
    asking.set({ id: "still", addresses: ["127.0.0.1"], port });
    await see("still", 1);
    const fromMs = nowMs();
    while (nowMs() - fromMs < 1_500);
    const blind = await waitUntil(realClock(), {
      what: "a word of the standstill",
      limitMs: 5_000,
      everyMs: 10,
      look: () => reports.find((each) => each.kind === "blind" && each.toMs > fromMs + 1_000) ?? notYet("none"),
    });
    assert.ok(blind.kind === "blind" && blind.fromMs <= fromMs + 100);
    asking.set({ id: "after", addresses: ["127.0.0.1"], port });
    await see("after", 1);
    assert.equal(runsOf("still").length, 1, JSON.stringify(runsOf("still")));
  });

  it("says that it goes on, and how far it has told", async () => {
    const { length } = reports;
    const alive = await waitUntil(realClock(), {
      what: "a sign of life",
      limitMs: 3_000,
      everyMs: 10,
      look: () => reports.slice(length).find((each) => each.kind === "alive") ?? notYet("none"),
    });
    // Questions to the server that never answers are open for up to 950 ms.
    assert.ok(alive.kind === "alive" && nowMs() - alive.toldMs >= 0);
  });
});
