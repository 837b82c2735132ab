import assert from "node:assert/strict";
import { readJournal, type Journal } from "../../src/observe/journal-reader.ts";
import { judgeJournal, type JudgedPhase } from "../../src/recovery/judge-journal.ts";
import type { Recovery } from "../../src/recovery/recovery.ts";
import { pathOfRecording, truth, type TruthOfVm } from "./truth.ts";

/** A watch event counts as half a second wide; the truth is written in tenths of a second. */
const slackMs = 600;

for (const [recording, windows] of Object.entries(truth)) {
  describe(`recording ${recording}`, () => {
    let journal: Journal;
    before(async () => {
      journal = await readJournal(pathOfRecording(recording));
    });

    for (const { what, from, until, vms } of windows) {
      describe(`${from} to ${until} s: ${what}`, () => {
        let judged: JudgedPhase | undefined;
        before(() => {
          judged = judgeJournal(journal.lines, { fromMs: from * 1000, untilMs: until * 1000 }).phases[0];
        });

        for (const [name, expected] of Object.entries(vms)) {
          it(`${name} is ${[expected.outcome, expected.on, expected.node].filter(Boolean).join(", ")}`, () => {
            const subject = judged?.subjects.find((each) => each.name === name);
            assert.ok(subject, `${name} is not among the subjects`);
            agrees(subject.recovery, expected);
          });
        }

        it("has stages that sum to the time to recover, for every VM", () => {
          for (const { name, recovery } of judged?.subjects ?? []) {
            const sum = recovery.stages.reduce((total, stage) => total + stage.ms, 0);
            assert.equal(sum, recovery.ttrMs?.value ?? 0, name);
          }
        });
      });
    }
  });
}

function agrees(recovery: Recovery, expected: TruthOfVm): void {
  assert.equal(recovery.outcome, expected.outcome, recovery.detail);
  if (expected.on !== undefined) assert.equal(recovery.on, expected.on);
  if (expected.node !== undefined) assert.equal(recovery.nodeChanged, expected.node === "other");
  if (expected.phase !== undefined) assert.equal(recovery.phase, expected.phase);
  if (expected.endedAt !== undefined) {
    assert.ok(Math.abs((recovery.endedMs ?? Infinity) - expected.endedAt * 1000) <= slackMs, `ended ${recovery.endedMs}`);
  }
  if (expected.goodAt === undefined) return;
  assert.ok(recovery.goodAtMs !== null, "it has no instant from which it was good");
  const [low, high] = expected.goodAt.map((seconds) => seconds * 1000) as [number, number];
  const { goodAtMs } = recovery;
  const overlaps = goodAtMs.low <= high + slackMs && goodAtMs.high >= low - slackMs;
  assert.ok(overlaps, `good since ${goodAtMs.low} to ${goodAtMs.high} ms, expected ${low} to ${high}`);
  // The truth knows only whether the guest itself was heard.
  assert.equal(recovery.provenBy === "answer", expected.provenBy === "answer", `proven by ${recovery.provenBy}`);
}
