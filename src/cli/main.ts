import yargs from "yargs";
import { EnvironmentError, UsageError } from "../errors.ts";
import { exitCodeOf, explain } from "./failure.ts";
import { clusterCommand } from "./cluster.ts";
import { injectCommand } from "./inject.ts";
import { listCommand } from "./list.ts";
import { registerModuleHooks } from "./module-hooks.ts";
import { rbacCommand } from "./rbac.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { simulateCommand } from "./simulate.ts";
import { undoCommand } from "./undo.ts";
import { ownVersion } from "./version.ts";

/** The command line of Rebound. Never rejects: what goes wrong becomes a message and the exit code. */
export async function main(args: string[]): Promise<void> {
  registerModuleHooks();
  process.stdout.on("error", leaveUnlessNobodyReads);
  // A run goes on, and undoes what it did, also where nobody reads its progress any more.
  process.stderr.on("error", () => {});
  process.on("uncaughtException", leaveUnlessMochaListens);
  try {
    await parser(args, await ownVersion()).parseAsync();
  } catch (error) {
    process.stderr.write(explain(error));
    process.exitCode = exitCodeOf(error);
  }
  // A scenario may have left a timer or a connection behind: that is not waited for.
  process.stdout.write("", () => setImmediate(() => process.exit()));
}

function parser(args: string[], version: string) {
  return yargs(args)
    .scriptName("rebound")
    .usage("$0 <command>\n\nProves that virtual machines on KubeVirt come back.")
    .command(runCommand)
    .command(reportCommand)
    .command(simulateCommand)
    .command(clusterCommand)
    .command(injectCommand)
    .command(undoCommand)
    .command(rbacCommand)
    .command(listCommand)
    .demandCommand(1, 1, "say what to do, as in `rebound run basics`")
    .strict()
    .recommendCommands()
    .version(version)
    .help()
    .alias("help", "h")
    .epilogue(
      "Exit codes: 0 all green, 1 any red, 2 usage error, 3 the environment failed or nothing could be judged, 130 interrupted.",
    )
    .wrap(Math.min(110, process.stdout.columns || 110))
    .exitProcess(false)
    .fail((message, error) => {
      // yargs hands over its own complaint, as an error too or not, or what a command threw.
      throw error && error.name !== "YError" ? error : new UsageError(complaint(message ?? error.message, args));
    });
}

function complaint(message: string, [command = ""]: string[]): string {
  const meant = /^Did you mean (.+)\?$/.exec(message)?.[1];
  if (meant !== undefined) return `there is no command "${command}"; did you mean "${meant}"?`;
  const [first = "", ...rest] = message.replaceAll(/\s*\n\s*/g, " ");
  return `${first.toLowerCase()}${rest.join("")}; see \`rebound --help\``;
}

/** `rebound run --json | head` has what it wants; the run's exit code is still its own. */
function leaveUnlessNobodyReads(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") leave(new EnvironmentError(`the output cannot be written: ${error.message}`));
}

/** What a scenario throws late, or rejects where nobody waits. In mid-run that is Mocha's, and spoils the run. */
function leaveUnlessMochaListens(error: unknown): void {
  if (process.listenerCount("uncaughtException") === 1) leave(error);
}

function leave(error: unknown): never {
  process.stderr.write(explain(error));
  process.exit(exitCodeOf(error));
}
