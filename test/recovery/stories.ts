import fc from "fast-check";
import type { Outcome } from "../../src/experiment/plan.ts";
import type { Story } from "./story.ts";
import { upVm } from "./story.ts";

/** What truly happened. */
export interface Truth {
  outcome: Outcome;
  biteMs: number;
  /** From when it serves for good; null where it does not come back. */
  goodMs: number | null;
  endMs: number;
}

export interface Told {
  story: Story;
  truth: Truth;
  /** How long the call of the disturbance took. */
  injectionMs: number;
}

const gap = fc.integer({ min: 50, max: 20_000 });
const call = fc.record({ beforeMs: fc.integer({ min: 1, max: 2000 }), afterMs: fc.integer({ min: 1, max: 2000 }) });
const phaseMs = fc.integer({ min: 0, max: 999 });

/** When the prober first asks, and for how long the story goes on after its end. */
const teller = fc.record({ call, phaseMs, restMs: fc.integer({ min: 9000, max: 60_000 }) });

const biteMs = 60_000;

/** A crash under Always: the VMI fails, is deleted, another is made, boots, and answers. */
export const crashes: fc.Arbitrary<Told> = fc
  .record({ teller, fails: gap, gone: gap, made: gap, runs: gap, boots: gap })
  .map(({ teller: { call: around, phaseMs: asksMs, restMs }, ...gaps }) => {
    const failedMs = biteMs + gaps.fails;
    const goneMs = failedMs + gaps.gone;
    const madeMs = goneMs + gaps.made;
    const runsMs = madeMs + gaps.runs;
    const goodMs = runsMs + gaps.boots;
    const endMs = goodMs + restMs;
    const story = upVm()
      .action(biteMs - around.beforeMs, biteMs + around.afterMs, "kill-qemu", { vm: "web", node: "a" })
      // The platform goes on calling a Failed VMI Ready for a while.
      .vmi(failedMs, "old", "Failed", { ready: true })
      .vmi(failedMs + 40, "old", "Failed", { ready: false, deleting: true })
      .pod(failedMs + 45, "old", { deleting: true })
      .pod(goneMs - 3, "old", { deleting: true, gone: true })
      .vmi(goneMs, "old", "Failed", { deleting: true, gone: true })
      .vmi(madeMs, "new", "Pending", { node: "b" })
      .pod(madeMs + 10, "new", { node: "b" })
      .vmi(runsMs, "new", "Running", { node: "b" })
      .vmi(runsMs + 20, "new", "Running", { node: "b", ready: true })
      .asked(asksMs + 300, endMs, (ms) => {
        if (ms < failedMs) return { uid: "old", bootId: ms < biteMs ? "one" : null };
        return ms < runsMs ? null : { uid: "new", bootId: ms < goodMs ? null : "two" };
      });
    const truth: Truth = { outcome: "restarted", biteMs, goodMs: Math.max(goodMs, runsMs + 20), endMs };
    return { story, truth, injectionMs: around.beforeMs + around.afterMs };
  });

/** A guest reboots, or falls silent and speaks again; its VMI and pod stay. */
export const silences: fc.Arbitrary<Told> = fc
  .record({ teller, silentMs: fc.integer({ min: 4000, max: 60_000 }), reboots: fc.boolean() })
  .map(({ teller: { call: around, phaseMs: asksMs, restMs }, silentMs, reboots }) => {
    const goodMs = biteMs + silentMs;
    const endMs = goodMs + restMs;
    const story = upVm()
      .action(biteMs - around.beforeMs, biteMs + around.afterMs, "guest", { vm: "web" })
      .asked(asksMs + 300, endMs, (ms) => {
        if (ms < biteMs) return { uid: "old", bootId: "one" };
        return { uid: "old", bootId: ms < goodMs ? null : reboots ? "two" : "one" };
      });
    const truth: Truth = { outcome: reboots ? "rebooted" : "resumed", biteMs, goodMs, endMs };
    return { story, truth, injectionMs: around.beforeMs + around.afterMs };
  });

/** A live migration that works; Ready drops once more after it. */
export const migrations: fc.Arbitrary<Told> = fc
  .record({
    teller,
    copies: gap,
    drops: fc.integer({ min: 20, max: 1500 }),
    readyMs: fc.integer({ min: 20, max: 4000 }),
  })
  .map(({ teller: { call: around, phaseMs: asksMs, restMs }, copies, drops, readyMs }) => {
    const movedMs = biteMs + copies;
    const goodMs = movedMs + drops + readyMs;
    const endMs = goodMs + restMs;
    const story = upVm()
      .action(biteMs - around.beforeMs, biteMs + around.afterMs, "virtctl", { args: ["migrate", "web"] })
      .vmi(movedMs, "old", "Running", { ready: true, node: "b" })
      .vmi(movedMs + drops, "old", "Running", { ready: false, node: "b" })
      .vmi(goodMs, "old", "Running", { ready: true, node: "b" })
      .asked(asksMs + 300, endMs, () => ({ uid: "old", bootId: "one" }));
    return {
      story,
      truth: { outcome: "migrated" as const, biteMs, goodMs, endMs },
      injectionMs: around.beforeMs + around.afterMs,
    };
  });

/** Power is lost: the VMI stays Running and, until the node is noticed, Ready. It never comes back. */
export const deadNodes: fc.Arbitrary<Told> = fc
  .record({ teller, isAsked: fc.boolean(), noticed: fc.integer({ min: 20_000, max: 60_000 }), evicted: gap })
  .map(({ teller: { call: around, phaseMs: asksMs, restMs }, isAsked, noticed, evicted }) => {
    const endMs = biteMs + noticed + evicted + restMs;
    const story = upVm()
      .action(biteMs - around.beforeMs, biteMs + around.afterMs, "node-kill", { node: "a" })
      .node(biteMs + noticed, "a", false)
      .vmi(biteMs + noticed + 100, "old", "Running", { ready: false })
      .pod(biteMs + noticed + evicted, "old", { deleting: true });
    if (isAsked) {
      story.asked(asksMs + 300, endMs, (ms) => ({ uid: "old", bootId: ms < biteMs ? "one" : null }));
    }
    return {
      story,
      truth: { outcome: "stuck" as const, biteMs, goodMs: null, endMs },
      injectionMs: around.beforeMs + around.afterMs,
    };
  });
