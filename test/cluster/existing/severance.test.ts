import assert from "node:assert/strict";
import fc from "fast-check";
import type { Receipt } from "../../../src/cluster/cluster.ts";
import type { HeardShell } from "../../../src/cluster/existing/pod-node-shell.ts";
import { rejoin, sever, type Severance } from "../../../src/cluster/existing/severance.ts";
import { EnvironmentError } from "../../../src/errors.ts";
import { ManualClock } from "../../clock/manual-clock.ts";

const severance: Severance = {
  name: "partition",
  cut: { what: "the partition", script: "cut" },
  mend: { what: "ending the partition", script: "mend" },
  backMs: 90_000,
};

interface Story {
  /** When the node is cut off, after the script began; never where it is null. */
  cutMs: number | null;
  /** How long each word takes on its way here, and how much later than planned a tick is sent, in turn. */
  waysMs: number[];
  lateMs: number[];
  /** When it mends itself. */
  mendsMs?: number;
}

/** A node that ticks until it is cut off; nothing is heard of it from then on, until it mends itself. */
function nodeOf(clock: ManualClock, { cutMs, waysMs, lateMs, mendsMs = Infinity }: Story): HeardShell {
  let beganMs: number | null = null;
  const isCut = (): boolean => {
    const sinceMs = clock.now() - (beganMs ?? Infinity);
    return cutMs !== null && sinceMs >= cutMs && sinceMs < mendsMs;
  };
  const ended = { exitCode: 0, stdout: "", stderr: "", fromMs: 0, toMs: 0 };
  return {
    sharesClock: false,
    run: async (_node, _script, _args, { onOutput, signal } = {}) => {
      if (onOutput === undefined) {
        if (isCut()) throw new EnvironmentError("no route to host");
        return ended;
      }
      beganMs = clock.now();
      let count = 0;
      const tick = (): void => {
        if (signal?.aborted || isCut()) return;
        clock.after(waysMs[count % waysMs.length]!, () => onOutput("\n"));
        clock.after(100 + lateMs[count++ % lateMs.length]!, tick);
      };
      tick();
      return new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason as Error)));
    },
  };
}

async function play(story: Story): Promise<{ receipt: Receipt; beganMs: number }> {
  const clock = new ManualClock();
  const receipt = sever(nodeOf(clock, story), clock, "w1", severance, 60);
  receipt.catch(() => {});
  await clock.advance(110_000);
  return { receipt: await receipt, beganMs: 0 };
}

describe("cutting a node off through a pod on it", () => {
  it("bounds the moment by the last sign of life and the next that did not come", async () => {
    const { receipt } = await play({ cutMs: 2050, waysMs: [30], lateMs: [0] });
    assert.deepEqual([receipt.fromMs, receipt.toMs], [2000, 2130]);
    assert.equal(receipt.evidence, "node w1 fell silent, and no route to host");
  });

  it("holds the true moment whatever way the signs take, if the first took as long as any", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1500, max: 4000 }),
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 }),
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 8 }),
        async (cutMs, ways, lateMs) => {
          const waysMs = [Math.max(...ways)];
          const { receipt } = await play({ cutMs, waysMs, lateMs });
          assert.ok(receipt.fromMs <= cutMs && cutMs <= receipt.toMs, `${receipt.fromMs} ${cutMs} ${receipt.toMs}`);
          assert.ok(receipt.toMs - receipt.fromMs <= 1000, "no wider than a second");
        },
      ),
      { numRuns: 30 },
    ));

  it("is nothing where the node goes on speaking", async () => {
    await assert.rejects(play({ cutMs: null, waysMs: [30], lateMs: [0] }), /waited 100 s for node w1 to fall silent/);
  });

  it("is nothing where it was silent and answers", async () => {
    await assert.rejects(
      play({ cutMs: 2000, mendsMs: 3000, waysMs: [30], lateMs: [0] }),
      /node w1 was silent for a while, and answers: it is not cut off/,
    );
  });

  it("is over when the node has mended itself, and not before", async () => {
    const clock = new ManualClock();
    const shell = nodeOf(clock, { cutMs: 2000, mendsMs: 30_000, waysMs: [30], lateMs: [0] });
    const cut = sever(shell, clock, "w1", severance, 28);
    await clock.advance(10_000);
    await cut;
    const back = rejoin(shell, clock, "w1", severance, 28);
    await clock.advance(40_000);
    const { toMs, evidence } = await back;
    assert.ok(toMs >= 30_000 && toMs < 32_000, `at ${toMs}`);
    assert.equal(evidence, "node w1 is reached again");
  });
});
