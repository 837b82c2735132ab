import type { CommandModule } from "yargs";

/** `rebound report`: what it takes. */
export const reportCommand: CommandModule = {
  command: "report [journals..]",
  describe: "Judge journals again: of an earlier run, or recorded on a real cluster",
  builder: (yargs) =>
    yargs
      .positional("journals", {
        type: "string",
        array: true,
        describe: "folders of runs, or journals (.jsonl, .jsonl.gz)",
      })
      .option("from", {
        type: "string",
        requiresArg: true,
        describe: "judge from this second of the journal on; by default from the first disturbance",
      })
      .option("until", {
        type: "string",
        requiresArg: true,
        describe: "judge up to this second; by default to the end",
      })
      .option("bundle", {
        type: "string",
        requiresArg: true,
        describe: "judge nothing: pack this run's folder into one file, to go with a bug report",
      })
      .option("out", { type: "string", requiresArg: true, default: "reports", describe: "where the report goes" })
      .option("json", { type: "boolean", default: false, describe: "print results.json on stdout, and nothing else" })
      .example("$0 report reports/latest", "judge the newest run again")
      .example("$0 report drain.jsonl.gz --from 140 --until 300", "one window of a recording")
      .example("$0 report --bundle reports/latest", "one file with everything of a run, without its secrets")
      .strict(),
  handler: async (argv) => {
    const { report } = await import("./judge-journals.ts");
    process.exitCode = await report(argv);
  },
};
