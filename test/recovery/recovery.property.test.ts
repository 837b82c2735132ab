import assert from "node:assert/strict";
import fc from "fast-check";
import { comebacks } from "../../src/experiment/plan.ts";
import type { JournalLine } from "../../src/observe/journal.ts";
import { defaultSettleMs, judgeJournal } from "../../src/recovery/judge-journal.ts";
import type { Recovery } from "../../src/recovery/recovery.ts";
import { crashes, deadNodes, migrations, silences } from "./stories.ts";

const comingBack = fc.oneof(crashes, silences, migrations);
const any = fc.oneof(comingBack, deadNodes);

/** Lags of up to 400 ms, drawn per event. */
const lags = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 7, maxLength: 31 });

/** How late a sign of life can be seen: a question of 1.8 s just missed, one more, and its answer; or a watch's lag. */
const observationLagMs = 2000 + 50;

describe("the recovery that is read from a journal", () => {
  it("is what truly happened, and its time to recover holds the true one", () => {
    fc.assert(
      fc.property(comingBack, lags, ({ story, truth, injectionMs }, lag) => {
        const recovery = judge(story.journal(lagOf(lag), truth.endMs), truth.biteMs - 3000);
        assert.equal(recovery.outcome, truth.outcome, recovery.detail);
        const trueMs = (truth.goodMs ?? NaN) - truth.biteMs;
        const { ttrMs } = recovery;
        assert.ok(ttrMs !== null);
        assert.ok(ttrMs.low <= trueMs && trueMs <= ttrMs.high, `${trueMs} is not in ${JSON.stringify(ttrMs)}`);
        assert.ok(ttrMs.low <= ttrMs.value && ttrMs.value <= ttrMs.high);
        const width = ttrMs.high - ttrMs.low;
        assert.ok(width <= injectionMs + observationLagMs, `${width} ms wide, injected within ${injectionMs} ms`);
      }),
    );
  });

  it("has stages that sum to the time to recover", () => {
    fc.assert(
      fc.property(comingBack, lags, ({ story, truth }, lag) => {
        const { stages, ttrMs, slowest } = judge(story.journal(lagOf(lag), truth.endMs), truth.biteMs - 3000);
        assert.equal(
          stages.reduce((sum, stage) => sum + stage.ms, 0),
          ttrMs?.value,
        );
        assert.ok(stages.every((stage) => Number.isInteger(stage.ms) && stage.ms > 0));
        assert.ok(stages.every((stage) => stage.ms <= (stages.find(({ name }) => name === slowest?.name)?.ms ?? 0)));
      }),
    );
  });

  it("never sees a comeback in the stale objects of a dead node", () => {
    fc.assert(
      fc.property(deadNodes, lags, fc.double({ min: 0.05, max: 1, noNaN: true }), ({ story, truth }, lag, share) => {
        const untilMs = truth.biteMs + 3000 + share * (truth.endMs - truth.biteMs - 3000);
        const { outcome } = judge(story.journal(lagOf(lag), truth.endMs), truth.biteMs - 3000, untilMs);
        assert.ok(outcome === "stuck" || outcome === "unknown", outcome);
      }),
    );
  });

  it("does not depend on the order in which separate watches arrive", () => {
    fc.assert(
      fc.property(any, lags, lags, ({ story, truth }, one, other) => {
        const [first, second] = [one, other].map((lag) =>
          judge(story.journal(lagOf(lag), truth.endMs), truth.biteMs - 3000),
        );
        assert.equal(first?.outcome, second?.outcome);
        assert.equal(first?.on, second?.on);
      }),
    );
  });

  it("is no comeback in a journal that was cut off before it had been one for the settle window", () => {
    fc.assert(
      fc.property(any, lags, fc.double({ min: 0, max: 1, noNaN: true }), ({ story, truth }, lag, share) => {
        const lines = story.journal(lagOf(lag), truth.endMs);
        const untilMs = truth.biteMs + share * (truth.endMs - truth.biteMs);
        const cut = lines.filter((line) => line.at * 1000 <= untilMs);
        const { outcome } = judge(cut, truth.biteMs - 3000, untilMs);
        const seen = untilMs >= (truth.goodMs ?? Infinity) + defaultSettleMs;
        assert.ok(seen || !comebacks.has(outcome), `${outcome} at ${untilMs}`);
      }),
    );
  });
});

function judge(lines: JournalLine[], fromMs: number, untilMs?: number): Recovery {
  const { phases } = judgeJournal(lines, { fromMs, ...(untilMs !== undefined && { untilMs }) });
  const recovery = phases[0]?.subjects[0]?.recovery;
  assert.ok(recovery);
  return recovery;
}

function lagOf(lags: number[]): (resource: string, index: number) => number {
  return (resource, index) => lags[(index * 3 + resource.length) % lags.length] ?? 0;
}
