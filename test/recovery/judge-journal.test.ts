import assert from "node:assert/strict";
import { UsageError } from "../../src/errors.ts";
import type { JournalLine } from "../../src/observe/journal.ts";
import { judgeJournal } from "../../src/recovery/judge-journal.ts";
import { upVm } from "./story.ts";

const plan = {
  title: "a crash",
  namespace: "lab",
  settleMs: 5000,
  cluster: { settings: { nodeMonitorGracePeriodSeconds: 50 } },
  variants: [
    {
      name: "the-web",
      role: "victim",
      kind: "VirtualMachine",
      runStrategy: "Always",
      evictionStrategy: null,
      manifests: [{ metadata: { name: "web" } }],
    },
    {
      name: "missing",
      role: "bystander",
      kind: "VirtualMachine",
      runStrategy: "Halted",
      evictionStrategy: null,
      manifests: [],
    },
  ],
};

/** The readiness of `web` breaks at once, and comes back when the fault is reverted. */
function planned(): JournalLine[] {
  const story = upVm()
    .line(0, { kind: "plan", plan })
    .line(50_000, { kind: "phase", name: "steady-state", phase: "start" })
    .line(60_000, { kind: "phase", name: "steady-state", phase: "end" })
    .line(60_000, { kind: "phase", name: "observe", phase: "start" })
    .action(60_000, 60_200, "inject", { fault: "probe-failure" })
    .line(60_200, {
      kind: "bite",
      variant: "the-web",
      vmiUid: "old",
      from: 60,
      to: 60.2,
      evidence: "the port is closed",
    })
    .vmi(70_000, "old", "Running")
    .line(100_000, { kind: "phase", name: "observe", phase: "end" })
    .line(100_000, { kind: "phase", name: "return", phase: "start" })
    .action(100_000, 100_300, "revert", { fault: "probe-failure" })
    .vmi(103_000, "old", "Running", { ready: true })
    .line(130_000, { kind: "phase", name: "return", phase: "end" });
  return story.journal(undefined, 131_000);
}

describe("a planned journal", () => {
  it("is judged once per variant and phase, each phase by itself", () => {
    const { phases, title } = judgeJournal(planned());
    assert.equal(title, "a crash");
    const read = phases.map(({ name, complete, subjects }) => [name, complete, subjects[0]?.recovery.outcome]);
    assert.deepEqual(read, [
      ["observe", true, "stuck"],
      ["return", true, "resumed"],
    ]);
  });

  it("takes names, roles and strategies from the plan, and the bite from its line", () => {
    const [observe] = judgeJournal(planned()).phases;
    const [web, missing] = observe?.subjects ?? [];
    assert.deepEqual([web?.name, web?.role, web?.runStrategy], ["the-web", "victim", "Always"]);
    assert.deepEqual(web?.bite, { fromMs: 60_000, toMs: 60_200, evidence: "the port is closed" });
    assert.deepEqual(web?.injected, { fromMs: 60_000, toMs: 60_200 });
    assert.deepEqual([missing?.name, missing?.bite, missing?.recovery.outcome], ["missing", null, "unknown"]);
  });

  it("measures a comeback from the bite and from the end of the revert", () => {
    const recovery = judgeJournal(planned()).phases[1]?.subjects[0]?.recovery;
    assert.deepEqual(recovery?.goodAtMs, { low: 102_500, high: 103_000 });
    assert.deepEqual(recovery.ttrMs, { low: 42_300, value: 42_650, high: 43_000 });
    assert.deepEqual(recovery.fromReliefMs, { low: 2200, value: 2450, high: 2700 });
    assert.deepEqual(recovery.stages, [
      { name: "detect", ms: 9900 },
      { name: "held", ms: 30_000 },
      { name: "remedy", ms: 300 },
      { name: "ready", ms: 2450 },
    ]);
  });

  it("took effect on no VM whose guest still answered", () => {
    const hit = (silentMs: number) => {
      const story = upVm()
        .line(0, { kind: "plan", plan })
        .asked(300, 120_000, (ms) => ({ uid: "old", bootId: ms < silentMs ? "one" : null }))
        .line(60_000, { kind: "phase", name: "observe", phase: "start" })
        .action(60_000, 72_000, "inject", { fault: "node-shutdown" })
        .line(72_000, { kind: "bite", variant: "the-web", vmiUid: "old", from: 60, to: 72, evidence: "it is off" })
        .line(110_000, { kind: "phase", name: "observe", phase: "end" });
      const { bite } = judgeJournal(story.journal(undefined, 120_000)).phases[0]?.subjects[0] ?? {};
      return bite && [bite.fromMs, bite.toMs];
    };
    assert.deepEqual(hit(70_000), [69_300, 72_000]);
    assert.deepEqual(hit(90_000), [60_000, 72_000], "a guest that outlives the call says nothing of it");
  });

  it("that was cut off says which phase did not run to its end", () => {
    const cut = planned().filter((line) => line.at < 110);
    assert.deepEqual(
      judgeJournal(cut).phases.map(({ complete }) => complete),
      [true, false],
    );
  });
});

describe("a journal without a plan", () => {
  const story = () => upVm().action(60_000, 60_100, "virtctl", { args: ["start", "web"] });

  it("is judged from its first disturbance, which a start is not", () => {
    const crash = story().action(70_000, 70_100, "kill-qemu", { vm: "web" }).journal(undefined, 99_000);
    const [phase] = judgeJournal(crash).phases;
    assert.deepEqual([Math.round(phase?.fromMs ?? 0), Math.round(phase?.untilMs ?? 0)], [70_000, 99_000]);
  });

  it("in which nothing is disturbed is judged from when it was set up", () => {
    const [phase] = judgeJournal(story().journal(undefined, 99_000)).phases;
    assert.equal(Math.round(phase?.fromMs ?? 0), 60_100);
  });

  it("refuses a window that holds nothing", () => {
    const lines = story().journal(undefined, 99_000);
    for (const window of [{ fromMs: 50_000, untilMs: 40_000 }, { fromMs: 100_000 }, { fromMs: -1 }]) {
      assert.throws(() => judgeJournal(lines, window), UsageError);
    }
  });
});
