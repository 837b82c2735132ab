import type { CommandModule } from "yargs";

/** `rebound undo`: what it takes. */
export const undoCommand: CommandModule = {
  command: "undo",
  describe: "Put back whatever an interrupted run left, on every cluster that this machine ran on",
  builder: (yargs) =>
    yargs
      .option("list", { type: "boolean", default: false, describe: "show what there is to undo, and touch nothing" })
      .option("forget", {
        type: "boolean",
        default: false,
        describe: "for a cluster that is no more: undo nothing on it, and let it be claimed again",
      })
      .option("cluster", {
        type: "string",
        requiresArg: true,
        choices: ["kind", "existing"],
        describe: "only on this cluster; on an existing one also what a run of another machine left",
      })
      .option("name", { type: "string", requiresArg: true, default: "rebound", describe: "kind: the cluster's name" })
      .option("context", { type: "string", requiresArg: true, describe: "existing: a context of the kubeconfig" })
      .option("kubeconfig", {
        type: "string",
        requiresArg: true,
        describe: "existing: the file; by default that of the run, or KUBECONFIG, or ~/.kube/config",
      })
      .option("cluster-config", {
        type: "string",
        requiresArg: true,
        describe: "existing: the hands on it; by default those of the run",
      })
      .example("$0 undo --list", "what is left, and of which run")
      .example("$0 undo", "put all of it back")
      .strict(),
  handler: async (argv) => {
    const { undo } = await import("./undo-runs.ts");
    process.exitCode = await undo(argv);
  },
};
