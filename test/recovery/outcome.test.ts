import assert from "node:assert/strict";
import { judgeJournal, type JudgedSubject } from "../../src/recovery/judge-journal.ts";
import type { Story } from "./story.ts";
import { upVm } from "./story.ts";

const asked = { fromMs: 30_000, untilMs: 120_000 };

function judge(story: Story, window = asked): JudgedSubject {
  const { phases } = judgeJournal(story.journal(undefined, 120_000), window);
  const subject = phases[0]?.subjects[0];
  assert.ok(subject);
  return subject;
}

/** A guest that answers all the time. */
const steady = () => ({ uid: "old", bootId: "one" });

function migration(story: Story, ms: number, phase: string): Story {
  const object = { metadata: { uid: "m", name: "m", namespace: "lab" }, spec: { vmiName: "web" }, status: { phase } };
  return story.event(ms, "virtualmachineinstancemigrations", object);
}

describe("an outcome", () => {
  it("is undisturbed where nothing was unready or silent", () => {
    const { recovery, bite } = judge(upVm().asked(300, 120_000, steady));
    assert.deepEqual([recovery.outcome, recovery.ttrMs, bite], ["undisturbed", null, null]);
    assert.deepEqual(recovery.downtimeMs, { low: 0, value: 0, high: 0 });
  });

  it("is blocked where the API refused the request, and the refusal is the bite", () => {
    const story = upVm()
      .line(60_000, { kind: "action", name: "virtctl", phase: "start", args: ["restart", "web"] })
      .line(60_100, { kind: "action", name: "virtctl", phase: "end", args: ["restart", "web"], result: "ERR 1: no" });
    const { recovery, bite } = judge(story);
    assert.equal(recovery.outcome, "blocked");
    assert.deepEqual([bite?.fromMs, bite?.toMs], [60_000, 60_100]);
  });

  it("is blocked where the migration failed, undisturbed while it is under way", () => {
    const call = () => upVm().action(60_000, 60_100, "virtctl", { args: ["migrate", "web"] });
    const underWay = migration(call(), 60_050, "Pending");
    assert.equal(judge(underWay).recovery.outcome, "undisturbed");
    assert.equal(judge(migration(underWay, 90_000, "Failed")).recovery.outcome, "blocked");
  });

  it("is blocked where a drain goes on and no migration takes the VM away", () => {
    const drained = upVm().line(60_000, { kind: "action", name: "drain", phase: "start", node: "a" });
    assert.equal(judge(drained).recovery.outcome, "blocked");
    const elsewhere = upVm().line(60_000, { kind: "action", name: "drain", phase: "start", node: "b" });
    assert.equal(judge(elsewhere).recovery.outcome, "undisturbed");
  });

  it("is unknown where the guest may have been silenced and nobody asked it", () => {
    const panic = upVm().action(60_000, 63_000, "guest", { vm: "web", command: "echo c > /proc/sysrq-trigger" });
    assert.equal(judge(panic).recovery.outcome, "unknown");
    assert.equal(judge(panic.asked(300, 120_000, steady)).recovery.outcome, "undisturbed");
  });

  it("is unknown while a comeback has not lasted for the settle window", () => {
    const story = upVm().vmi(60_000, "old", "Running").vmi(80_000, "old", "Running", { ready: true });
    assert.equal(judge(story, { fromMs: 30_000, untilMs: 84_900 }).recovery.outcome, "unknown");
    assert.equal(judge(story, { fromMs: 30_000, untilMs: 85_100 }).recovery.outcome, "resumed");
  });

  it("is unknown where nobody saw the VMIs at the end, and the gap is a reason for distrust", () => {
    const lost = {
      kind: "watch-lost",
      resource: "virtualmachineinstances",
      from: 70,
      to: 120,
      reason: "connection lost",
    };
    // The line is written when the watch is back; the window ends before.
    const story = upVm().vmi(60_000, "old", "Running").line(120_000, lost);
    const { recovery } = judge(story, { fromMs: 30_000, untilMs: 100_000 });
    assert.equal(recovery.outcome, "unknown");
    assert.equal(judge(story, { fromMs: 30_000, untilMs: 65_000 }).recovery.outcome, "stuck");
    assert.match(recovery.distrust.join(), /were not seen from 70\.0 s to 120\.0 s: connection lost/);
  });

  it("tells restarted on another node from migrated by the VMI's uid", () => {
    const moved = upVm().vmi(60_000, "old", "Running", { ready: true, node: "b" });
    assert.deepEqual([judge(moved).recovery.outcome, judge(moved).recovery.nodeChanged], ["migrated", true]);
    const restarted = upVm()
      .vmi(60_000, "old", "Failed", { gone: true })
      .vmi(60_100, "new", "Running", { ready: true, node: "b" });
    assert.deepEqual([judge(restarted).recovery.outcome, judge(restarted).recovery.nodeChanged], ["restarted", true]);
  });

  it("is migrated also where it came back to the node it had left", () => {
    const story = upVm()
      .vmi(60_000, "old", "Running", { ready: true, node: "b" })
      .vmi(70_000, "old", "Running", { ready: true, node: "a" });
    assert.deepEqual([judge(story).recovery.outcome, judge(story).recovery.nodeChanged], ["migrated", false]);
  });

  it("is stopped, with phase and instant, where the run strategy does not want it up again", () => {
    const { recovery } = judge(upVm("Manual").vmi(60_000, "old", "Succeeded"));
    assert.deepEqual([recovery.outcome, recovery.phase, recovery.endedMs], ["stopped", "Succeeded", 60_000]);
  });

  it("is stuck where it waits to be gone", () => {
    const { recovery } = judge(upVm("Halted").vmi(60_000, "old", "Running", { deleting: true }));
    assert.deepEqual([recovery.outcome, recovery.on, recovery.censoredAtMs], ["stuck", "terminating", 120_000]);
  });

  it("does not trust a Ready that was not heard from since its node was taken away", () => {
    const taken = upVm().action(60_000, 60_500, "node-kill", { node: "a" });
    assert.equal(judge(taken).recovery.outcome, "unknown");
    const givenBack = taken.vmi(61_000, "old", "Running").action(90_000, 90_500, "node-start", { node: "a" });
    assert.equal(judge(givenBack.vmi(95_000, "old", "Running", { ready: true })).recovery.outcome, "resumed");
  });
});

describe("where a VM is stuck", () => {
  const cases: [string, Story][] = [
    ["node-lost", upVm().node(60_000, "a", false).vmi(60_100, "old", "Running")],
    ["guest-hung", upVm().asked(300, 120_000, (ms) => ({ uid: "old", bootId: ms < 60_000 ? "one" : null }))],
    ["not-ready", upVm().vmi(60_000, "old", "Running").asked(300, 120_000, steady)],
    ["terminating", upVm().pod(60_000, "old", { deleting: true }).vmi(60_100, "old", "Running")],
    ["not-created", upVm().vmi(60_000, "old", "Failed", { gone: true })],
    ["starting", upVm().vmi(60_000, "old", "Failed", { gone: true }).vmi(60_100, "new", "Scheduling")],
    [
      "restart-loop",
      upVm()
        .vmi(40_000, "old", "Failed", { gone: true })
        .vmi(41_000, "second", "Running")
        .vmi(60_000, "second", "Failed", { gone: true })
        .vmi(61_000, "third", "Running")
        .vmi(80_000, "third", "Failed", { gone: true })
        .vmi(81_000, "fourth", "Running"),
    ],
    [
      "back-off",
      upVm()
        .vmi(60_000, "old", "Failed", { gone: true })
        .vm(60_100, "Always", { runStrategy: "Always", startFailure: { consecutiveFailCount: 2 } }),
    ],
  ];
  for (const [on, story] of cases) {
    it(`is said: ${on}`, () => {
      const { recovery } = judge(story);
      assert.deepEqual([recovery.outcome, recovery.on], ["stuck", on]);
    });
  }
});
