import Mocha from "mocha";
import addContext from "mochawesome/addContext.js";
import { EnvironmentError, messageOf } from "../errors.ts";
import { oneLine } from "./format.ts";
import { testContext } from "./mocha-context.ts";
import { keepReport, mochawesomeOptions, reporterFor } from "./mochawesome-reporter.ts";
import { verdictColour, type ExperimentResult, type Results } from "./results.ts";
import { capitalised, explanation, rowsOf, skipText, verdictText, type Row } from "./wording.ts";

/** One experiment as Mocha shows it: what will be judged is known before it runs. */
export interface MochaExperiment {
  title: string;
  /** Why there is nothing to run; it is shown as one skipped test. */
  skipped?: string | null;
  tests: PlannedTest[];
  /** Runs it, or hands back what was judged before. May reject: then every one of its tests fails with that. */
  run(): Promise<ExperimentResult>;
}

export interface PlannedTest {
  variant: string;
  repeat: number;
  phase: string;
}

export interface MochaRunOptions {
  /** The folder in which `mochawesome.html` is written. */
  folder: string;
  /** What the command that runs one test again needs. */
  run: Pick<Results, "seed" | "options">;
  /** Called once with Mocha's runner, to listen to its events. */
  onRunner?: (runner: Mocha.Runner) => void;
}

export interface MochaOutcome {
  /** In the order given: the result of each experiment, or why it has none; a skipped one has neither. */
  experiments: (PromiseSettledResult<ExperimentResult> | undefined)[];
  passed: number;
  failed: number;
  skipped: number;
  /** What went wrong beside the tests: with any of these, the run as a whole is not to be trusted. */
  errors: Error[];
}

/** An experiment that was judged before, as Mocha shows it. */
export function judgedExperiment(result: ExperimentResult): MochaExperiment {
  const tests = testsOf(result);
  const skipped = tests.length === 0 ? { skipped: result.reason } : {};
  return { title: result.title, ...skipped, tests, run: () => Promise.resolve(result) };
}

function testsOf(result: ExperimentResult): PlannedTest[] {
  return rowsOf([result]).map(({ variant, judgement }) => ({
    variant: variant.name,
    repeat: variant.repeat,
    phase: judgement.phase,
  }));
}

/**
 * Runs the experiments, one after another, as Mocha suites and writes `mochawesome.html`.
 * A red verdict is a failed test, not an error: it resolves.
 *
 * @throws EnvironmentError where the report could not be written
 */
export async function runMocha(experiments: MochaExperiment[], options: MochaRunOptions): Promise<MochaOutcome> {
  const settled: MochaOutcome["experiments"] = experiments.map(() => undefined);
  const queue = new Queue();
  const mocha = new Mocha({
    timeout: 0,
    reporter: reporterFor((runner) => {
      runner.on("test end", (test) => (test.duration = recoveryMs.get(test) ?? 0));
      options.onRunner?.(runner);
    }),
    reporterOptions: mochawesomeOptions(options.folder),
  });
  experiments.forEach((experiment, index) => {
    const suite = Mocha.Suite.create(mocha.suite, oneLine(experiment.title));
    // The deadlines are the experiment's own: a timeout of Mocha's would not stop what it gives up on.
    suite.timeout(0);
    if (experiment.skipped !== undefined) suite.addTest(new Mocha.Test(skipText(experiment.skipped)));
    const outcomeOf = (): PromiseSettledResult<ExperimentResult> | undefined => settled[index];
    if (experiment.skipped === undefined) {
      suite.beforeAll("runs the experiment", () => queue.next(async () => (settled[index] = await settle(experiment))));
      experiment.tests.forEach((test) => suite.addTest(testOf(experiment, test, options.run, outcomeOf)));
    }
  });
  // While Mocha runs, it keeps Node from ending on these and says nothing, but passes each of them on a second time.
  const rejections = new Set<unknown>();
  const onRejection = (reason: unknown): void => void rejections.add(reason);
  process.on("unhandledRejection", onRejection);
  const stats = await run(mocha).finally(() => process.off("unhandledRejection", onRejection));
  // A hook that an uncaught exception ended leaves its experiment running.
  await queue.next(() => Promise.resolve());
  mocha.dispose();
  await keepReport(options.folder);
  const errors = [...[...rejections].map(asError), ...notAsPlanned(experiments, settled, stats.tests)];
  return { experiments: settled, passed: stats.passes, failed: stats.failures, skipped: stats.pending, errors };
}

/** What is shown as a test's duration: how long it took to look up a verdict says nothing. */
const recoveryMs = new WeakMap<Mocha.Runnable, number>();

/** Runs one thing after another, whoever asks and whether or not he still waits. */
class Queue {
  #last: Promise<unknown> = Promise.resolve();

  next(work: () => Promise<unknown>): Promise<void> {
    this.#last = this.#last.then(work);
    return this.#last.then(() => undefined);
  }
}

async function settle(experiment: MochaExperiment): Promise<PromiseSettledResult<ExperimentResult>> {
  try {
    return { status: "fulfilled", value: await experiment.run() };
  } catch (reason) {
    return { status: "rejected", reason };
  }
}

function run(mocha: Mocha): Promise<Mocha.Stats> {
  return new Promise((resolve, reject) => {
    const runner = mocha.run(() =>
      runner.stats ? resolve(runner.stats) : reject(new Error("Mocha kept no statistics")),
    );
  });
}

/** A run in which fewer was tested than planned, or more was judged than shown, must not look whole. */
function notAsPlanned(experiments: MochaExperiment[], settled: MochaOutcome["experiments"], tested: number): Error[] {
  const planned = experiments.reduce((sum, { tests, skipped }) => sum + (skipped === undefined ? tests.length : 1), 0);
  const unplanned = experiments.flatMap(({ tests }, index) => {
    const outcome = settled[index];
    const rows = outcome?.status === "fulfilled" ? rowsOf([outcome.value]) : [];
    return rows.filter((row) => !tests.some((test) => isOf(row, test)));
  });
  return [
    ...(tested === planned ? [] : [new EnvironmentError(`${tested} tests were run where ${planned} were planned`)]),
    ...unplanned.map(({ experiment, variant, judgement }) => {
      const what = oneLine(`${experiment.id}/${variant.name}/${judgement.phase}`);
      return new EnvironmentError(`${what} was judged, and no test was planned for it`);
    }),
  ];
}

function testOf(
  experiment: MochaExperiment,
  test: PlannedTest,
  run: MochaRunOptions["run"],
  outcomeOf: () => PromiseSettledResult<ExperimentResult> | undefined,
): Mocha.Test {
  return new Mocha.Test(titleOf(experiment, test), function (this: Mocha.Context) {
    const outcome = outcomeOf();
    if (outcome?.status !== "fulfilled") {
      showCauses(this, outcome?.reason);
      throw failure(`The experiment failed: ${oneLine(messageOf(outcome?.reason))}`);
    }
    const row = rowsOf([outcome.value]).find((row) => isOf(row, test));
    if (!row) throw failure("The experiment ended without a judgement of this variant and phase.");
    for (const context of testContext(row, run)) addContext(this, context);
    const { verdict, ttrMs } = row.judgement;
    if (this.test && ttrMs) recoveryMs.set(this.test, Math.round(ttrMs.value));
    if (verdictColour[verdict] === "skipped") this.skip();
    if (verdictColour[verdict] !== "green")
      throw failure(`${capitalised(verdictText[verdict])}. ${explanation(row.judgement)}`);
  });
}

function titleOf({ tests }: MochaExperiment, test: PlannedTest): string {
  const repeated = tests.some(({ repeat }) => repeat > 1) ? ` #${test.repeat}` : "";
  const phased = tests.some(({ phase }) => phase !== test.phase) ? `, ${test.phase}` : "";
  return `${oneLine(test.variant)}${repeated}${phased}`;
}

function isOf({ variant, judgement }: Row, test: PlannedTest): boolean {
  return variant.name === test.variant && variant.repeat === test.repeat && judgement.phase === test.phase;
}

/** The error of a failed test: a sentence. A name before it or a stack below it would only lead into this file. */
function failure(message: string): Error {
  return Object.assign(new Error(message), { name: "", stack: message });
}

/** Mochawesome shows an error's message and nothing of its causes. */
function showCauses(mocha: Mocha.Context, error: unknown): void {
  const causes: string[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(`${cause.name}: ${cause.message}`);
  }
  if (causes.length > 1) addContext(mocha, { title: "Caused by", value: causes.slice(1).join("\n") });
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
