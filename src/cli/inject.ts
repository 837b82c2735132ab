import type { CommandModule } from "yargs";
import { withClusterOptions, withTargetOptions } from "./cluster-options.ts";

/** `rebound inject`: what it takes. */
export const injectCommand: CommandModule = {
  command: "inject <fault>",
  describe: "Inject one fault by hand, show its proof and what the VMs do, and take it back",
  builder: (yargs) =>
    withTargetOptions(withClusterOptions(yargs))
      .positional("fault", { type: "string", demandOption: true, describe: "a name from `rebound list faults`" })
      .option("with", {
        type: "string",
        requiresArg: true,
        array: true,
        nargs: 1,
        describe: "a parameter of the fault, as in --with how=orderly",
      })
      .option("for", {
        type: "string",
        requiresArg: true,
        default: "60s",
        describe: "how long it is held; Ctrl-C ends it before that",
      })
      .option("vm", {
        type: "string",
        requiresArg: true,
        array: true,
        nargs: 1,
        describe: "a YAML file with VMs to make and to break; without it and --target a default one is made",
      })
      .option("seed", { type: "string", requiresArg: true, default: "1", describe: "simulated: decides every latency" })
      .option("out", { type: "string", requiresArg: true, default: "reports", describe: "where its journal goes" })
      .example("$0 inject vm-crash", "a VM on a simulated cluster loses its qemu")
      .example("$0 inject node-shutdown --with how=orderly --for 5min --cluster kind", "a real node is off for a while")
      .example("$0 inject drain --cluster existing --context lab --target shop/web", "of a VM that runs already")
      .strict(),
  handler: async (argv) => {
    const { inject } = await import("./inject-fault.ts");
    process.exitCode = await inject(argv);
  },
};
