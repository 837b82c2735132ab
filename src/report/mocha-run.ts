import Mocha from "mocha";
import addContext from "mochawesome/addContext.js";
import { EnvironmentError, messageOf } from "../errors.ts";
import { oneLine } from "./format.ts";
import { testContext } from "./mocha-context.ts";
import { keepReport, mochawesomeOptions, reporterFor } from "./mochawesome-reporter.ts";
import type { ExperimentResult, Results } from "./results.ts";
import { colourOf, explanation, rowsOf, verdictText, type Row } from "./wording.ts";

/** One experiment as Mocha shows it: what will be judged is known before it runs. */
export interface MochaExperiment {
  title: string;
  /** Why there is nothing to run; it is shown as one skipped test. */
  skipped?: string;
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
}

/** An experiment that was judged before, as Mocha shows it. */
export function judgedExperiment(result: ExperimentResult): MochaExperiment {
  const tests = testsOf(result);
  const skipped = tests.length === 0 ? { skipped: result.reason ?? "nothing was judged" } : {};
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
 * @throws EnvironmentError where Mocha ran other tests than were planned, or the report could not be written
 */
export async function runMocha(experiments: MochaExperiment[], options: MochaRunOptions): Promise<MochaOutcome> {
  const settled: MochaOutcome["experiments"] = experiments.map(() => undefined);
  const mocha = new Mocha({
    timeout: 0,
    reporter: reporterFor(options.onRunner),
    reporterOptions: mochawesomeOptions(options.folder),
  });
  experiments.forEach((experiment, index) => {
    const suite = Mocha.Suite.create(mocha.suite, oneLine(experiment.title));
    if (experiment.skipped !== undefined) suite.addTest(new Mocha.Test(`skipped: ${oneLine(experiment.skipped)}`));
    else fill(suite, experiment, options.run, (outcome) => (settled[index] = outcome));
  });
  const runner = await new Promise<Mocha.Runner>((resolve) => {
    const running = mocha.run(() => resolve(running));
  });
  await keepReport(options.folder);
  const { tests = 0, passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
  const planned = experiments.reduce((sum, { tests, skipped }) => sum + (skipped === undefined ? tests.length : 1), 0);
  if (tests !== planned) throw new EnvironmentError(`Mocha ran ${tests} tests where ${planned} were planned`);
  return { experiments: settled, passed: passes, failed: failures, skipped: pending };
}

function fill(
  suite: Mocha.Suite,
  experiment: MochaExperiment,
  run: MochaRunOptions["run"],
  onSettled: (outcome: PromiseSettledResult<ExperimentResult>) => void,
): void {
  // The deadlines are the experiment's own: a timeout of Mocha's would not stop what it gives up on.
  suite.timeout(0);
  let outcome: PromiseSettledResult<ExperimentResult> = { status: "rejected", reason: new Error("it was not run") };
  suite.beforeAll("runs the experiment", async () => {
    [outcome] = await Promise.allSettled([Promise.resolve().then(() => experiment.run())]);
    onSettled(outcome);
  });
  for (const test of experiment.tests) {
    suite.addTest(
      new Mocha.Test(titleOf(experiment, test), function (this: Mocha.Context) {
        if (outcome.status === "rejected")
          throw failed(this, `The experiment failed: ${messageOf(outcome.reason)}`, outcome.reason);
        const row = rowsOf([outcome.value]).find((row) => isOf(row, test));
        if (!row) throw failed(this, "The experiment ended without a judgement of this variant and phase.");
        for (const context of testContext(row, run)) addContext(this, context);
        if (colourOf(row.judgement) === "skipped") this.skip();
        if (colourOf(row.judgement) !== "green")
          throw failed(this, `${capitalised(verdictText[row.judgement.verdict])}. ${explanation(row.judgement)}`);
      }),
    );
  }
}

function titleOf({ tests }: MochaExperiment, test: PlannedTest): string {
  const repeated = tests.some(({ repeat }) => repeat > 1) ? ` #${test.repeat}` : "";
  const phased = tests.some(({ phase }) => phase !== test.phase) ? `, ${test.phase}` : "";
  return `${oneLine(test.variant)}${repeated}${phased}`;
}

function isOf({ variant, judgement }: Row, test: PlannedTest): boolean {
  return variant.name === test.variant && variant.repeat === test.repeat && judgement.phase === test.phase;
}

/** The error of a failed test. Its stack would only lead into this file. */
function failed(mocha: Mocha.Context, message: string, cause?: unknown): Error {
  const error = new Error(message);
  error.name = "";
  error.stack = message;
  // Mochawesome shows no causes.
  const causes = causesOf(cause);
  if (causes.length > 0) addContext(mocha, { title: "Caused by", value: causes.join("\n") });
  return error;
}

function causesOf(error: unknown): string[] {
  const causes: string[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 10; cause = cause.cause) {
    causes.push(`${cause.name}: ${cause.message}`);
  }
  return causes;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
