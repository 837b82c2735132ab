import assert from "node:assert/strict";
import type { Outcome, Rest } from "../../src/experiment/plan.ts";
import { watchPhase } from "../../src/experiment/watch-phase.ts";
import { ManualClock } from "../clock/manual-clock.ts";
import { upVm, type Story } from "../recovery/story.ts";

const beganMs = 60_000;
const limitMs = 300_000;
const rest: Rest = { afterMs: 70_000, unbrokenMs: 60_000 };

const hit = { kind: "bite", variant: "web", vmiUid: "old", from: 60, to: 60.1, evidence: "qemu is gone" };

/** A VM that is hit as its phase begins; `expected` is what must become of it. */
function struck(expected: Outcome): Story {
  const expectation = { outcome: expected, withinMs: 60_000, maxDowntimeMs: null, floorMs: null, source: "the rule" };
  const variant = {
    name: "web",
    role: "victim",
    kind: "VirtualMachine",
    manifests: [{ metadata: { name: "web" }, spec: { template: { spec: { domain: { devices: {} } } } } }],
    expectations: { observe: expectation },
    skip: null,
  };
  const fault = { name: "vm-crash", parameters: {}, scope: "vm", sharing: "independent" };
  const plan = {
    ...{ id: "it", namespace: "lab", practices: [], remedies: [], settleMs: 5000, cluster: { settings: {} } },
    ...{ fault, phases: [{ name: "observe", limitMs }], variants: [variant] },
  };
  return upVm()
    .line(0, { kind: "plan", plan })
    .line(beganMs, { kind: "phase", name: "observe", phase: "start" })
    .action(beganMs, beganMs + 100, "inject", { fault: "vm-crash" })
    .line(beganMs + 100, hit);
}

const restarted = (story: Story, atMs: number): Story =>
  story
    .vmi(62_000, "old", "Failed")
    .vmi(63_000, "old", "Failed", { gone: true })
    .vmi(64_000, "new", "Running")
    .vmi(atMs, "new", "Running", { ready: true });

/** How long the phase was watched, in milliseconds, with the journal growing meanwhile as the story tells. */
async function watched(story: Story, rests: Record<string, Rest> | null): Promise<number> {
  const clock = new ManualClock();
  await clock.advance(beganMs);
  const whole = story.journal();
  const journal = {
    get lines() {
      return whole.filter(({ at }) => at * 1000 <= clock.now());
    },
    secondsAt: (ms: number) => ms / 1000,
  };
  const phase = { name: "observe", limitMs, ...(rests !== null && { rests }) };
  let endedMs: number | null = null;
  const over = watchPhase(phase, { clock, journal, signal: new AbortController().signal }).then((isEarly) => {
    endedMs = clock.now() - beganMs;
    assert.equal(isEarly, endedMs < limitMs);
  });
  await clock.advance(limitMs);
  await over;
  return endedMs!;
}

describe("a phase that is watched", () => {
  it("is over when what came back has stayed, and all that should stay as it is has been watched", async () => {
    assert.equal(await watched(restarted(struck("restarted"), 90_000), { web: rest }), 90_000);
    assert.equal(await watched(restarted(struck("restarted"), 66_000), { web: rest }), 70_000);
  });

  it("is over where the journal's seconds are a rounding error short of it", async () => {
    const settledMs = 256_001;
    assert.ok((settledMs / 1000) * 1000 < settledMs);
    const story = restarted(struck("restarted"), settledMs - 166_000);
    assert.equal(await watched(story, { web: { ...rest, unbrokenMs: 166_000 } }), settledMs - beganMs);
  });

  it("counts anew after a flicker", async () => {
    const flickers = restarted(struck("restarted"), 90_000)
      .vmi(100_000, "new", "Running")
      .vmi(104_000, "new", "Running", { ready: true });
    assert.equal(await watched(flickers, { web: rest }), 104_000);
  });

  it("goes on while something is not as expected, and ends once it is", async () => {
    const slow = restarted(struck("restarted"), 119_000);
    // It serves at 59 s, and counts after the settle window.
    assert.equal(await watched(slow, { web: { afterMs: 20_000, unbrokenMs: 0 } }), 65_000);
    const late = restarted(struck("stopped"), 90_000);
    assert.equal(await watched(late, { web: rest }), limitMs);
  });

  it("lasts as long as a VM that must not change needs, and no longer", async () => {
    const kept = struck("undisturbed").asked(1_000, beganMs + limitMs, () => ({ uid: "old", bootId: "one" }));
    assert.equal(await watched(kept, { web: rest }), 70_000);
  });

  it("ends early for a VM that is stuck without its node, and for no other that is stuck", async () => {
    const lost = struck("stuck").vmi(70_000, "old", "Running").node(70_000, "a", false);
    assert.equal(await watched(lost, { web: rest }), 70_000);
    const hung = struck("stuck").vmi(70_000, "old", "Running");
    assert.equal(await watched(hung, { web: rest }), limitMs);
  });

  it("lasts as long as the scenario states", async () => {
    assert.equal(await watched(restarted(struck("restarted"), 66_000), null), limitMs);
  });
});
