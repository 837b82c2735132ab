import { existsSync, readdirSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { withDeadline } from "../clock/deadline.ts";
import { realClock } from "../clock/real-clock.ts";
import { messageOf, UsageError } from "../errors.ts";
import { isExperiment, type Experiment } from "./experiment.ts";

/** An experiment and the scenario that declares it, as `rebound run` is given it. */
export interface Declared {
  scenario: string;
  experiment: Experiment;
}

/** A built-in scenario: its name and its file. */
export interface BuiltIn {
  name: string;
  file: string;
}

// In the package scenarios are compiled beside the sources; the extension is that of this file in both.
const folder = fileURLToPath(new URL("../../scenarios", import.meta.url));
const extension = extname(import.meta.url);

/** The scenarios that come with Rebound, by name. */
export function builtInScenarios(): BuiltIn[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(extension) && !file.endsWith(".d.ts"))
    .sort()
    .map((file) => ({ name: basename(file, extension), file: join(folder, file) }));
}

/**
 * The experiments of the named scenarios and scenario files, in that order, each once; of the whole catalogue where
 * none is named. A `UsageError` names a scenario that does not exist, a file that throws, that has not been loaded after
 * `limitMs`, or that exports no experiment.
 */
export async function loadScenarios(names: string[], limitMs = 30_000): Promise<Declared[]> {
  const builtIn = builtInScenarios();
  const chosen = names.length > 0 ? names.map((name) => find(name, builtIn)) : builtIn;
  const files = await Promise.all(
    chosen.map(async (scenario) => ({ scenario, experiments: await load(scenario, limitMs) })),
  );
  // A scenario that only gathers the experiments of others does not take them from those.
  if (names.length === 0) files.sort((a, b) => a.experiments.length - b.experiments.length);
  const found = new Map<string, Declared>();
  for (const { scenario, experiments } of files) {
    for (const experiment of experiments) {
      const other = found.get(experiment.id);
      if (other !== undefined && other.experiment !== experiment) {
        throw new UsageError(
          `two experiments are called "${experiment.id}" (in ${other.scenario} and ${scenario.name}); give each its own id`,
        );
      }
      if (other === undefined) found.set(experiment.id, { scenario: scenario.name, experiment });
    }
  }
  return [...found.values()];
}

/** The absolute path of the file that a scenario of the user's is; null where it comes with Rebound. */
export function scenarioFile(name: string): string | null {
  return builtInScenarios().some((builtIn) => builtIn.name === name) ? null : resolve(name);
}

function find(name: string, builtIn: BuiltIn[]): BuiltIn {
  const known = builtIn.find((scenario) => scenario.name === name);
  if (known !== undefined) return known;
  if (existsSync(name) && /\.(ya?ml|json)$/.test(name)) {
    throw new UsageError(`${name} is no scenario; to break the VMs in it, write --vm ${name}`);
  }
  if (existsSync(name)) return { name, file: resolve(name) };
  throw new UsageError(
    `there is no scenario "${name}": it is neither built in (${builtIn.map((scenario) => scenario.name).join(", ")}) nor a file`,
  );
}

async function load({ name, file }: BuiltIn, limitMs: number): Promise<Experiment[]> {
  let module: { default?: unknown };
  try {
    const loading = () => import(pathToFileURL(file).href) as Promise<{ default?: unknown }>;
    module = await withDeadline(realClock(), limitMs, loading, "it to say what it exports");
  } catch (error) {
    const why = messageOf(error).replaceAll(/\s*\n\s*/g, " ");
    throw new UsageError(`scenario ${name} cannot be loaded: ${why}${lineOf(error, file)}`, { cause: error });
  }
  const declared = Array.isArray(module.default) ? module.default : [module.default];
  if (declared.length === 0 || !declared.every(isExperiment)) {
    throw new UsageError(
      `scenario ${name} must export an experiment by default, or an array of them: export default experiment({ … })`,
    );
  }
  return declared;
}

/** Where in the file that happened, if the error knows. */
function lineOf(error: unknown, file: string): string {
  const [, line] = (error instanceof Error ? error.stack : undefined)?.split(`${file}:`) ?? [];
  return line === undefined ? "" : ` (line ${Number.parseInt(line)})`;
}
