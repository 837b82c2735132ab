import type { CommandModule } from "yargs";

/** `rebound list`: what it takes. */
export const listCommand: CommandModule = {
  command: "list [what]",
  describe: "List the scenarios, faults, remedies, practices and rules there are",
  builder: (yargs) =>
    yargs
      .positional("what", {
        type: "string",
        choices: ["scenarios", "faults", "remedies", "practices", "rules"],
        describe: "only these",
      })
      .option("json", { type: "boolean", default: false, describe: "print JSON" })
      .strict(),
  handler: async (argv) => {
    const { list } = await import("./list-catalogue.ts");
    process.exitCode = await list(argv);
  },
};
