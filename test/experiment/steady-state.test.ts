import assert from "node:assert/strict";
import type { Cluster } from "../../src/cluster/cluster.ts";
import type { Plan } from "../../src/experiment/plan.ts";
import { reachSteadyState } from "../../src/experiment/steady-state.ts";
import { tcpProbe } from "../../src/workload/guest.ts";
import { vm } from "../../src/workload/variant.ts";
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

  it("is not waited for where a guest has ended that nothing starts again", async () => {
    const reach = async (runStrategy: "Always" | "RerunOnFailure" | "Manual", phase: string) => {
      const clock = new ManualClock();
      const vmi = { metadata: { name: "a", uid: "u" }, status: { phase } };
      const cluster = { clock, kube: { list: () => Promise.resolve([vmi]) } } as unknown as Cluster;
      const variants = [{ ...vm("a", { runStrategy, liveness: tcpProbe() }), skip: null }];
      const plan = { namespace: "lab", variants, cluster: { acceleration: "tcg", settings: {} } } as unknown as Plan;
      const hearing = { answers: () => true, deaf: () => null };
      let end = "waits";
      reachSteadyState(plan, cluster, hearing, null, AbortSignal.any([])).catch(
        (error: unknown) => (end = (error as Error).message),
      );
      await clock.advance(10_000);
      return end;
    };
    const over = (phase: string): string =>
      `a ended (${phase}) before the fault, and nothing starts it again; its liveness probe may be tighter than its boot`;
    assert.equal(await reach("Manual", "Failed"), over("Failed"));
    assert.equal(await reach("RerunOnFailure", "Succeeded"), over("Succeeded"));
    assert.equal(await reach("RerunOnFailure", "Failed"), "waits");
    assert.equal(await reach("Always", "Succeeded"), "waits");
  });
});
