import type { CommandModule } from "yargs";

/** `rebound simulate`: what it takes. */
export const simulateCommand: CommandModule = {
  command: "simulate",
  describe: "Serve a simulated cluster to kubectl, virtctl and other clients, until it is interrupted",
  builder: (yargs) =>
    yargs
      .option("nodes", { type: "string", requiresArg: true, default: "3", describe: "how many workers it has" })
      .option("seed", { type: "string", requiresArg: true, default: "1", describe: "decides every random latency" })
      .option("speed", {
        type: "string",
        requiresArg: true,
        default: "1",
        describe: "how many times faster than the machine's its time goes",
      })
      .option("host", { type: "string", requiresArg: true, default: "127.0.0.1", describe: "the address to listen on" })
      .option("port", { type: "string", requiresArg: true, default: "0", describe: "0 takes any that is free" })
      .option("kubeconfig", {
        type: "string",
        requiresArg: true,
        default: "rebound.kubeconfig",
        describe: "the file to write for clients; one that Rebound did not write is left alone",
      })
      .option("hyper-converged", {
        type: "boolean",
        default: false,
        describe: "with the HyperConverged Cluster Operator: VMs that say nothing are migrated off drained nodes",
      })
      .example("$0 simulate", "then: kubectl --kubeconfig rebound.kubeconfig get nodes")
      .example("$0 simulate --speed 60", "an hour in a minute")
      .strict(),
  handler: async (argv) => {
    const { simulate } = await import("./serve-simulation.ts");
    process.exitCode = await simulate(argv);
  },
};
