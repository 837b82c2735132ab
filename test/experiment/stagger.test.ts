import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Plan, PlannedVariant } from "../../src/experiment/plan.ts";
import { waitForRoomToBoot } from "../../src/experiment/stagger.ts";
import { vm } from "../../src/workload/variant.ts";
import { ManualClock } from "../clock/manual-clock.ts";

describe("starting emulated guests", () => {
  const variants = ["a", "b"].map((name) => vm(name) as unknown as PlannedVariant);

  /** How long it is waited with these deployed, where `a` is Ready after so many milliseconds. */
  const waited = async (acceleration: string, deployed: PlannedVariant[], readyMs: number): Promise<number> => {
    const clock = new ManualClock();
    const list = () => {
      const status = { conditions: [{ type: "Ready", status: "True" }] };
      return Promise.resolve(clock.now() >= readyMs ? [{ metadata: { name: "a" }, status }] : []);
    };
    const plan = { namespace: "n", cluster: { acceleration } } as Plan;
    let endedMs = -1;
    const waiting = waitForRoomToBoot(plan, deployed, { clock, kube: { list } } as unknown as Cluster).then(
      () => (endedMs = clock.now()),
    );
    await clock.advance(120_000);
    await waiting;
    return endedMs;
  };

  it("lets two boot at a time, counting those whose VMI is not there yet", async () => {
    assert.equal(await waited("tcg", variants.slice(0, 1), Infinity), 0);
    assert.equal(await waited("tcg", variants, 20_000), 20_000);
  });

  it("does not wait for ever, nor where guests are not emulated or do not start", async () => {
    assert.equal(await waited("tcg", variants, Infinity), 60_000);
    assert.equal(await waited("kvm", variants, Infinity), 0);
    assert.equal(await waited("tcg", [variants[0]!, { ...variants[1]!, neverUp: true }], Infinity), 0);
  });
});
