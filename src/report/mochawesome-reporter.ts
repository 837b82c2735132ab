import { rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import Mocha from "mocha";
import Mochawesome from "mochawesome";
import { EnvironmentError } from "../errors.ts";

const partial = ".mochawesome-partial";

/** Options under which mochawesome makes one offline file, says nothing, and shows no source code (it would be this harness's). */
export function mochawesomeOptions(folder: string): Record<string, unknown> {
  return {
    reportDir: folder,
    reportFilename: partial,
    reportTitle: "Rebound",
    reportPageTitle: "Rebound: recovery tests",
    inlineAssets: true,
    cdn: false,
    dev: false,
    html: true,
    json: false,
    code: false,
    charts: true,
    overwrite: true,
    timestamp: false,
    autoOpen: false,
    quiet: true,
    consoleReporter: "none",
    showSkipped: true,
  };
}

/** Mochawesome, and whoever else listens to the same runner. */
export function reporterFor(onRunner: (runner: Mocha.Runner) => void): Mocha.ReporterConstructor {
  return class extends Mocha.reporters.Base {
    readonly #mochawesome: Mochawesome;

    constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
      super(runner, options);
      this.#mochawesome = new Mochawesome(runner, options);
      onRunner(runner);
    }

    override done(failures: number, finished: (failures: number) => void): void {
      this.#mochawesome.done(failures, finished);
    }
  };
}

/**
 * Gives the finished report its name.
 *
 * @throws EnvironmentError where mochawesome wrote none: it only logs why, and is quiet
 */
export async function keepReport(folder: string): Promise<void> {
  const written = join(folder, `${partial}.html`);
  const size = await stat(written).then(
    ({ size }) => size,
    () => 0,
  );
  if (size === 0) {
    await rm(written, { force: true }).catch(() => undefined);
    throw new EnvironmentError(`mochawesome could not write its report to ${folder}`);
  }
  await rename(written, join(folder, "mochawesome.html"));
}
