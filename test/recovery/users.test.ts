import assert from "node:assert/strict";
import { judgeJournal } from "../../src/recovery/judge-journal.ts";
import type { Users } from "../../src/recovery/recovery.ts";
import { upVm, type Story } from "./story.ts";

/** Through the Service `shop`, from that question on. */
function users(story: Story, askedMs: number, ok: boolean, lastOfPreviousMs: number | null): Story {
  return story.line(askedMs + 20, {
    kind: "sample",
    channel: "service",
    service: "shop",
    vm: "web",
    uid: "shop-uid",
    ok,
    bootId: ok ? "one" : null,
    asked: askedMs / 1000,
    lastOfPrevious: lastOfPreviousMs === null ? null : lastOfPreviousMs / 1000,
  });
}

/** A VM that is killed at a minute and serves again 30 s later. */
function restarted(): Story {
  return users(upVm(), 30_000, true, null)
    .action(60_000, 60_100, "kill-qemu", { vm: "web" })
    .vmi(60_200, "old", "Failed")
    .vmi(62_000, "old", "Failed", { gone: true })
    .vmi(63_000, "new", "Running")
    .vmi(90_000, "new", "Running", { ready: true });
}

function usersIn(story: Story): Users[] {
  const [phase] = judgeJournal(story.journal(undefined, 180_000)).phases;
  return phase!.subjects.find(({ name }) => name === "web")!.recovery.users;
}

describe("what became of a VM's users", () => {
  it("is told apart from its guest: they are served again when the way to it is open", () => {
    const story = users(users(restarted(), 60_300, false, 60_200), 95_000, true, 94_900);
    const [{ service, served, ttrMs, downtimeMs }] = usersIn(story) as [Users];
    assert.deepEqual([service, served], ["shop", true]);
    assert.ok(ttrMs!.low <= 35_000 && 35_000 <= ttrMs!.high && ttrMs!.high - ttrMs!.low <= 250);
    assert.ok(downtimeMs.low <= 34_700 && 34_700 <= downtimeMs.high && downtimeMs.high - downtimeMs.low <= 250);
  });

  it("has no time where they are not served at the end, or always were", () => {
    const [lost] = usersIn(users(restarted(), 60_300, false, 60_200)) as [Users];
    assert.deepEqual([lost.served, lost.ttrMs], [false, null]);
    const [kept] = usersIn(restarted()) as [Users];
    assert.deepEqual([kept.served, kept.ttrMs, kept.downtimeMs.high], [true, null, 0]);
  });

  it("says nothing where no Service was asked", () => {
    assert.deepEqual(usersIn(upVm().action(60_000, 60_100, "kill-qemu", { vm: "web" })), []);
  });
});
