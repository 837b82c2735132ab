import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../src/errors.ts";
import { judgedExperiment, runMocha, type MochaExperiment, type MochaOutcome } from "../../src/report/mocha-run.ts";
import type { ExperimentResult } from "../../src/report/results.ts";
import { aJudgement, anExperiment, aVariant, hostileName } from "./fixture.ts";
import { realisticResults } from "./realistic-results.ts";

const run = { seed: 7, options: [] };

describe("experiments as Mocha suites", () => {
  let folder: string;
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), "rebound-mocha-"))));
  afterEach(() => rm(folder, { recursive: true }));

  const runAll = (experiments: MochaExperiment[]): Promise<MochaOutcome> => runMocha(experiments, { folder, run });
  const report = async (): Promise<ShownTest[]> => shownTests(await readFile(join(folder, "mochawesome.html"), "utf8"));

  it("green verdicts pass, red ones and what could not be measured fail, skipped ones are pending", async () => {
    const outcome = await runAll(realisticResults().experiments.map(judgedExperiment));
    assert.deepEqual([outcome.passed, outcome.failed, outcome.skipped, outcome.errors], [26, 6, 2, []]);
  });

  it("a failed test says in a sentence what was expected, why, and what was seen", async () => {
    const expected = {
      outcome: "restarted",
      withinMs: 60_000,
      maxDowntimeMs: null,
      source: "the user guide",
    } as const;
    const judgement = aJudgement({
      verdict: "not-recovered",
      expected,
      outcome: "stopped",
      finalPhase: "Succeeded",
      detail: "the guest powered off",
    });
    await runAll([judgedExperiment(anExperiment({ variants: [aVariant({ judgements: [judgement] })] }))]);
    const [test] = await report();
    assert.equal(
      test?.err.message,
      "Not recovered. Expected: restarted within 60 s (the user guide). Seen: stopped (Succeeded); the guest powered off.",
    );
  });

  it("every test shows its time, its stages as a picture, its evidence and how to run it again", async () => {
    await runAll([judgedExperiment(anExperiment())]);
    const [test] = await report();
    const context = Object.fromEntries(test?.context.map(({ title, value }) => [title, value]) ?? []);
    assert.match(context["Time to recover"] ?? "", /26\.4 s ±0\.3; the truth lies in 26\.14 s to 26\.62 s/);
    assert.match(
      context["Evidence"] ?? "",
      /VMI d7b1c0de-0001.*node worker-1[^]*VMI d7b1c0de-0002.*node worker-2[^]*SuccessfulCreate/,
    );
    assert.equal(context["Run this one again"], "npx rebound run basics --grep vm-crash/always --seed 7");
    const uri = /^data:image\/svg\+xml;base64,(.*)#\.png$/.exec(context["Stages"] ?? "");
    assert.match(Buffer.from(uri?.[1] ?? "", "base64").toString(), /^<svg [^]*boot: the guest boots/);
  });

  it("what is shown as a test's duration is its time to recover", async () => {
    await runAll([judgedExperiment(anExperiment())]);
    assert.equal((await report())[0]?.duration, 26_380);
  });

  it("an experiment that throws fails each of its tests with its message and its causes, and stops no other", async () => {
    const error = new EnvironmentError("the API server is gone", { cause: new Error("connect ECONNREFUSED") });
    const broken = { ...judgedExperiment(anExperiment()), run: () => Promise.reject(error) };
    const outcome = await runAll([broken, judgedExperiment(anExperiment({ id: "next" }))]);
    assert.deepEqual([outcome.passed, outcome.failed], [1, 1]);
    assert.deepEqual(
      outcome.experiments.map((settled) => settled?.status),
      ["rejected", "fulfilled"],
    );
    const [test] = await report();
    assert.equal(test?.err.message, "The experiment failed: the API server is gone");
    assert.deepEqual(test?.context, [{ title: "Caused by", value: "Error: connect ECONNREFUSED" }]);
  });

  it("an experiment runs as long as it takes, whatever Mocha's time limit", async () => {
    const slow = {
      ...judgedExperiment(anExperiment()),
      run: () => new Promise<ExperimentResult>((done) => setTimeout(done, 30, anExperiment())),
    };
    const outcome = await runAll([slow]);
    assert.equal(outcome.passed, 1);
  });

  it("experiments run one after another", async () => {
    const events: string[] = [];
    const step = (name: string): MochaExperiment => ({
      ...judgedExperiment(anExperiment()),
      run: async () => {
        events.push(`${name} begins`);
        await new Promise((done) => setTimeout(done, 5));
        events.push(`${name} ends`);
        return anExperiment();
      },
    });
    await runAll([step("a"), step("b")]);
    assert.deepEqual(events, ["a begins", "a ends", "b begins", "b ends"]);
  });

  it("the same experiments can be run twice in one process", async () => {
    const experiments = [judgedExperiment(anExperiment())];
    assert.equal((await runAll(experiments)).passed, 1);
    assert.equal((await runAll(experiments)).passed, 1);
  });

  it("a rejection that nobody handles is an error of the run, which Mocha alone would swallow", async () => {
    const careless: MochaExperiment = {
      ...judgedExperiment(anExperiment()),
      run: async () => {
        void Promise.reject(new Error("forgotten"));
        await new Promise((done) => setTimeout(done, 5));
        return anExperiment();
      },
    };
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      const { errors } = await runAll([careless]);
      assert.deepEqual(
        errors.map(({ message }) => message),
        ["forgotten"],
      );
    } finally {
      others.forEach((listener) => process.on("unhandledRejection", listener));
    }
  });

  it("a judgement that no test shows is an error of the run, and a test without a judgement fails", async () => {
    const { errors, failed } = await runAll([
      {
        title: "odd",
        tests: [{ variant: "other", repeat: 1, phase: "observe" }],
        run: () => Promise.resolve(anExperiment()),
      },
    ]);
    assert.equal(failed, 1);
    assert.match(errors[0]?.message ?? "", /vm-crash\/always\/observe was judged, and no test was planned for it/);
  });

  it("one file is written, with everything in it; no source code, no JSON beside it, nothing on the console", async () => {
    const written: unknown[] = [];
    const { log, error } = console;
    console.log = console.error = (...words: unknown[]) => void written.push(words);
    try {
      await runAll(realisticResults().experiments.map(judgedExperiment));
    } finally {
      Object.assign(console, { log, error });
    }
    assert.deepEqual(written, []);
    assert.deepEqual(await readdir(folder), ["mochawesome.html"]);
    const tests = await report();
    assert.equal(tests.length, 34);
    assert.ok(tests.every(({ code }) => code === ""));
    assert.ok(tests.some(({ title }) => title.includes("<script>alert(1)</script>") && !title.includes("\u001b")));
    assert.ok(!(await readFile(join(folder, "mochawesome.html"), "utf8")).includes(hostileName));
  });

  it("a report that could not be written is an error: mochawesome itself would say nothing", async () => {
    const file = join(folder, "a-file");
    await writeFile(file, "");
    const blocked = runMocha([judgedExperiment(anExperiment())], { folder: file, run });
    await assert.rejects(blocked, /mochawesome could not write its report/);
  });

  it("nothing listens to the process any longer when it is done", async () => {
    const listeners = (): number[] =>
      ["uncaughtException", "unhandledRejection"].map((event) => process.listenerCount(event));
    const before = listeners();
    await runAll([judgedExperiment(anExperiment())]);
    assert.deepEqual(listeners(), before);
  });

  it("whoever listens to the runner hears every test", async () => {
    const heard: string[] = [];
    const onRunner = (runner: Mocha.Runner): void => void runner.on("test end", (test) => heard.push(test.title));
    await runMocha([judgedExperiment(anExperiment())], { folder, run, onRunner });
    assert.deepEqual(heard, ["always"]);
  });
});

interface ShownTest {
  title: string;
  duration: number;
  code: string;
  err: { message?: string };
  context: { title: string; value: string }[];
}

/** The tests in a mochawesome report, as its viewer gets them. */
function shownTests(page: string): ShownTest[] {
  const raw = /data-raw="([^"]*)"/.exec(page)?.[1] ?? "";
  const entities: Record<string, string> = { "&quot;": '"', "&#x27;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" };
  const data = JSON.parse(raw.replace(/&(?:quot|#x27|lt|gt|amp);/g, (entity) => entities[entity] ?? entity)) as {
    results: { suites: { tests: (Omit<ShownTest, "context"> & { context?: string })[] }[] }[];
  };
  return data.results
    .flatMap(({ suites }) => suites.flatMap(({ tests }) => tests))
    .map((test) => ({ ...test, context: JSON.parse(test.context ?? "[]") as ShownTest["context"] }))
    .map((test) => ({ ...test, context: [test.context].flat() }));
}
