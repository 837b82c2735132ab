import fc from "fast-check";
import assert from "node:assert/strict";
import type { Answer, Run } from "../../src/prober/protocol.ts";
import { RunCoder } from "../../src/prober/run-coder.ts";

const answers: Answer[] = [
  { ok: false, bootId: null, marker: null },
  { ok: true, bootId: "one", marker: null },
  { ok: true, bootId: "one", marker: "root/a" },
  { ok: true, bootId: "two", marker: "root/a" },
];

/** A question each 100 ms, what is answered to it, and how long that takes: longer than a period now and then. */
const questions = fc.array(
  fc.record({ answer: fc.constantFrom(...answers), tookMs: fc.integer({ min: 1, max: 950 }) }),
  { maxLength: 60 },
);

type Question = Answer & { askedMs: number; knownMs: number };

/** Puts all questions, and gives their answers in the order in which they end. */
function told(asked: { answer: Answer; tookMs: number }[]): { runs: Run[]; questions: Question[] } {
  const runs: Run[] = [];
  const coder = new RunCoder("vm", (run) => runs.push(run));
  const put = asked.map(({ answer, tookMs }, index) => ({
    ...answer,
    askedMs: index * 100,
    knownMs: index * 100 + tookMs,
    answer,
    settle: coder.ask(index * 100),
  }));
  for (const { answer, settle, knownMs } of put.toSorted((one, other) => one.knownMs - other.knownMs)) {
    settle(answer, knownMs);
  }
  return { runs, questions: put };
}

/** What the runs say was answered to the question put at an instant. */
function answerAt(runs: Run[], askedMs: number): Answer | null {
  const run = runs.findLast((each) => each.askedMs <= askedMs);
  return run === undefined ? null : { ok: run.ok, bootId: run.bootId, marker: run.marker };
}

describe("the run-length coding of answers", () => {
  it("tells of every question what was answered to it, in whatever order the answers came", () => {
    fc.assert(
      fc.property(questions, (asked) => {
        const { runs, questions } = told(asked);
        for (const { ok, bootId, marker, askedMs } of questions) {
          assert.deepEqual(answerAt(runs, askedMs), { ok, bootId, marker });
        }
      }),
    );
  });

  it("tells nothing twice, and of every change a question not before the last with the answer before", () => {
    fc.assert(
      fc.property(questions, (asked) => {
        const { runs } = told(asked);
        runs.forEach((run, index) => {
          if (index === 0) return assert.equal(run.lastOfPreviousMs, null);
          const previous = run.askedMs - 100;
          assert.ok(run.lastOfPreviousMs! >= previous && run.lastOfPreviousMs! <= run.knownMs);
          assert.notDeepEqual(answerAt(runs, previous), answerAt(runs, run.askedMs));
        });
      }),
    );
  });

  it("encloses every change: not before the last question with the old answer, known when the new one was", () => {
    fc.assert(
      fc.property(questions, (asked) => {
        const { runs, questions } = told(asked);
        for (const run of runs) {
          const first = questions.find((question) => question.askedMs === run.askedMs)!;
          assert.ok(run.askedMs <= run.knownMs && run.knownMs <= first.knownMs);
        }
      }),
    );
  });

  it("holds a question that is given up to have been silence as soon as an answer would have been heard", () => {
    const good = { answer: answers[1]!, tookMs: 7 };
    const { runs } = told([good, { ...good, tookMs: 30 }, good, { answer: answers[0]!, tookMs: 950 }]);
    assert.deepEqual(runs.at(-1), { id: "vm", ...answers[0], askedMs: 300, knownMs: 330, lastOfPreviousMs: 200 });
  });

  it("does not guess how soon, before it has heard an answer", () => {
    const { runs } = told([{ answer: answers[0]!, tookMs: 950 }]);
    assert.equal(runs[0]!.knownMs, 950);
  });

  it("knows when one thawed that then answers all at once, by how long the last questions had to wait", () => {
    const runs: Run[] = [];
    const coder = new RunCoder("vm", (run) => runs.push(run));
    coder.ask(0)(answers[1]!, 5);
    const put = [100, 200, 300, 400, 500].map((askedMs) => coder.ask(askedMs));
    for (const settle of put.slice(1)) settle(answers[1]!, 590);
    put[0]!(answers[0]!, 1050);
    assert.deepEqual(runs.at(-1), { id: "vm", ...answers[1], askedMs: 200, knownMs: 590, lastOfPreviousMs: 400 });
  });

  it("says since when questions are open", () => {
    const coder = new RunCoder("vm", () => {});
    const first = coder.ask(100);
    const second = coder.ask(200);
    second(answers[0]!, 210);
    assert.equal(coder.openSinceMs, 100);
    first(answers[0]!, 220);
    assert.equal(coder.openSinceMs, null);
  });
});
