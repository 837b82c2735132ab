import assert from "node:assert/strict";
import { fencedShell } from "../../../src/cluster/hands/fence.ts";
import { kindNodeShell } from "../../../src/cluster/kind/kind-node-shell.ts";
import type { NodeShell } from "../../../src/cluster/node-shell.ts";
import { pretendCluster, useKind, type PretendCluster } from "./pretend-cluster.ts";

describe("a node that passes from one process of Rebound to the next", function () {
  this.timeout(120_000);
  let cluster: PretendCluster;
  let shell: NodeShell;
  /** What was sent to a node, to be sent again as if it had been under way so long. */
  let sent: Parameters<NodeShell["run"]>[];

  before(async function () {
    cluster = await pretendCluster(await useKind(this));
    shell = kindNodeShell(cluster.nodes);
  });

  after(() => cluster?.[Symbol.asyncDispose]());

  beforeEach(() => {
    sent = [];
  });

  function processCalled(name: string): NodeShell {
    const run: NodeShell["run"] = (...words) => {
      sent.push(words);
      return shell.run(...words);
    };
    return fencedShell({ sharesClock: true, run }, name);
  }

  const marks = async (): Promise<string> =>
    (await shell.run(cluster.worker, "cat /marks 2>/dev/null; rm -f /marks")).stdout;
  const mark = 'echo "$1" >>/marks';

  it("runs nothing that the process before sent", async () => {
    await processCalled("first").run(cluster.worker, mark, ["a"]);
    const late = sent.at(-1)!;
    await processCalled("second").run(cluster.worker, mark, ["b"]);
    assert.equal((await shell.run(...late)).exitCode, 75);
    assert.equal(await marks(), "a\nb\n");
  });

  it("waits until what the process before began has ended", async () => {
    const first = processCalled("first");
    await first.run(cluster.worker, "true");
    const slow = first.run(cluster.worker, `touch /begun; sleep 2; ${mark}`, ["a"]);
    await shell.run(cluster.worker, "until [ -e /begun ]; do sleep 0.05; done; rm /begun");
    await processCalled("second").run(cluster.worker, mark, ["b"]);
    await slow;
    assert.equal(await marks(), "a\nb\n");
  });

  it("does not wait for what an act left running", async () => {
    await processCalled("first").run(cluster.worker, "sleep 1000 </dev/null >/dev/null 2>&1 &");
    await processCalled("second").run(cluster.worker, mark, ["b"]);
    assert.equal(await marks(), "b\n");
  });

  it("is the living process's again, though one that is dead took it last", async () => {
    const living = processCalled("living");
    await living.run(cluster.worker, "true");
    await processCalled("dead").run(cluster.worker, "true");
    assert.equal((await living.run(cluster.worker, mark, ["a"])).exitCode, 0);
    assert.equal(await marks(), "a\n");
  });

  it("serves one process's scripts beside each other", async () => {
    const one = processCalled("one");
    await one.run(cluster.worker, "rm -f /a /b");
    const meet = "touch /$1; until [ -e /$2 ]; do sleep 0.05; done";
    const both = await Promise.all([
      one.run(cluster.worker, meet, ["a", "b"]),
      one.run(cluster.worker, meet, ["b", "a"]),
    ]);
    assert.deepEqual(
      both.map(({ exitCode }) => exitCode),
      [0, 0],
    );
  });
});
