import assert from "node:assert/strict";
import { uptime } from "node:os";
import { realClock } from "../../../src/clock/real-clock.ts";
import { actOn } from "../../../src/cluster/hands/act.ts";
import type { KubeClient } from "../../../src/cluster/kube-client.ts";
import type { NodeShell } from "../../../src/cluster/node-shell.ts";

describe("an act on a node", () => {
  const clock = realClock();

  /** A call of 300 ms whose script printed that. */
  function shell(sharesClock: boolean, stdout: string, exitCode = 0): NodeShell {
    const toMs = clock.now();
    const result = { exitCode, stdout, stderr: "it is broken\n", fromMs: toMs - 300, toMs };
    return { sharesClock, run: () => Promise.resolve(result) };
  }

  const actWith = (node: NodeShell) =>
    actOn({ shell: node, kube: {} as KubeClient, clock }, "worker", { what: "the act", script: "" });

  const stamps = (beginsAgoMs: number, endsAgoMs: number): string => {
    const at = (agoMs: number) => (uptime() - agoMs / 1000).toFixed(2);
    return `@begin ${at(900)}\n@begin ${at(beginsAgoMs)}\n@end ${at(endsAgoMs)}\n`;
  };

  it("is placed by the last stamps of the node, where both have one kernel, no nearer than it counts", async () => {
    const { fromMs, toMs } = await actWith(shell(true, stamps(200, 100)));
    const width = toMs - fromMs;
    assert.ok(width >= 100 && width <= 145, `${width}`);
  });

  it("is placed by the call where the node's clock is another, or its stamps are of another kernel", async () => {
    for (const node of [
      shell(false, stamps(200, 100)),
      shell(true, stamps(9000, 8000)),
      shell(true, "@begin x\n@end\n"),
      shell(true, ""),
    ]) {
      const { fromMs, toMs } = await actWith(node);
      assert.equal(Math.round(toMs - fromMs), 300);
    }
  });

  it("tells what its script said, and of one that failed the reason", async () => {
    const { said } = await actWith(shell(true, "=pids 7 8\nnoise\n=event a b=c\n"));
    assert.deepEqual(said, { pids: "7 8", event: "a b=c" });
    await assert.rejects(actWith(shell(true, "", 1)), {
      name: "EnvironmentError",
      message: "on node worker, the act failed (exit code 1): it is broken",
    });
  });
});
