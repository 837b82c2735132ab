import type { CommandModule } from "yargs";

/** `rebound rbac`: what it takes. */
export const rbacCommand: CommandModule = {
  command: "rbac [scenarios..]",
  describe: "Print the permissions that scenarios need on an existing cluster, as YAML for kubectl apply",
  builder: (yargs) =>
    yargs
      .positional("scenarios", { type: "string", array: true, describe: "names or files; all by default" })
      .option("fault", { type: "string", requiresArg: true, describe: "only experiments with this fault" })
      .option("remedy", { type: "string", requiresArg: true, describe: "only experiments with this remedy" })
      .option("practice", {
        type: "string",
        requiresArg: true,
        describe: "only experiments that bear on this practice",
      })
      .option("cluster-config", {
        type: "string",
        requiresArg: true,
        describe: "the file that `rebound run` will be given: helper pods need permissions of their own",
      })
      .option("namespace", {
        alias: "n",
        type: "string",
        requiresArg: true,
        describe: "the VMs run already, in this namespace: nothing is deployed, and less is asked for",
      })
      .example("$0 rbac basics | kubectl apply -f -", "a service account `rebound` that may run them")
      .strict(),
  handler: async (argv) => {
    const { printRole } = await import("./print-role.ts");
    process.exitCode = await printRole(argv);
  },
};
