import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Plan, PlannedVariant } from "../../src/experiment/plan.ts";
import { waitForRoomToBoot } from "../../src/experiment/stagger.ts";
import { vm } from "../../src/workload/variant.ts";
import { ManualClock } from "../clock/manual-clock.ts";

describe("starting emulated guests", () => {
  const variants = ["a", "b"].map((name) => vm(name) as unknown as PlannedVariant);

  /** How long it is waited with these deployed, where `a` is Ready, and answers, after so many milliseconds. */
  const waited = async (
    acceleration: string,
    deployed: PlannedVariant[],
    readyMs: number,
    answersMs = readyMs,
  ): Promise<number> => {
    const clock = new ManualClock();
    const list = () => {
      const status = { conditions: [{ type: "Ready", status: "True" }] };
      return Promise.resolve(clock.now() >= readyMs ? [{ metadata: { name: "a" }, status }] : []);
    };
    const plan = { namespace: "n", cluster: { acceleration } } as Plan;
    const hearing = { answers: () => clock.now() >= answersMs, deaf: () => null };
    const cluster = { clock, kube: { list } } as unknown as Cluster;
    let endedMs = -1;
    const waiting = waitForRoomToBoot(plan, deployed, cluster, hearing).then(() => (endedMs = clock.now()));
    await clock.advance(120_000);
    await waiting;
    return endedMs;
  };

  it("lets two boot at a time, counting those whose VMI is not there yet", async () => {
    assert.equal(await waited("tcg", variants.slice(0, 1), Infinity), 0);
    assert.equal(await waited("tcg", variants, 20_000), 20_000);
  });

  it("takes a guest for booted when it answers: without a readiness probe it is Ready before", async () => {
    assert.equal(await waited("tcg", variants, 5_000, 30_000), 30_000);
  });

  it("does not wait for ever, nor where guests are not emulated or do not start", async () => {
    assert.equal(await waited("tcg", variants, Infinity), 60_000);
    assert.equal(await waited("kvm", variants, Infinity), 0);
    assert.equal(await waited("tcg", [variants[0]!, { ...variants[1]!, neverUp: true }], Infinity), 0);
  });
});
