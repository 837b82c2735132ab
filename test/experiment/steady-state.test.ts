import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Plan } from "../../src/experiment/plan.ts";
import { reachSteadyState } from "../../src/experiment/steady-state.ts";
import { ManualClock } from "../clock/manual-clock.ts";

describe("the steady state before the fault", () => {
  it("is not reached while the guests cannot be asked", async () => {
    const clock = new ManualClock();
    const cluster = { clock, kube: { list: () => Promise.resolve([]) } } as unknown as Cluster;
    const plan = {
      namespace: "lab",
      settleMs: 5_000,
      variants: [],
      cluster: { acceleration: "simulated", settings: {} },
    } as unknown as Plan;
    let deaf: string | null = null;
    let reached = false;
    const hearing = { answers: () => true, deaf: () => deaf };
    void reachSteadyState(plan, cluster, hearing, null, AbortSignal.any([])).then(() => (reached = true));
    await clock.advance(3_000);
    deaf = "nothing was heard of the prober for 6 s";
    await clock.advance(120_000);
    assert.equal(reached, false);
    deaf = null;
    await clock.advance(4_000);
    assert.equal(reached, false, "the settle window begins anew");
    await clock.advance(3_000);
    assert.equal(reached, true);
  });
});
