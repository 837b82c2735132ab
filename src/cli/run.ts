import type { CommandModule } from "yargs";
import { withClusterOptions, withTargetOptions } from "./cluster-options.ts";

/** `rebound run`: what it takes. What it does is loaded when it is called, so that `--help` is quick. */
export const runCommand: CommandModule = {
  command: "run [scenarios..]",
  describe: "Run scenarios, judge how every VM recovers, and write the report",
  builder: (yargs) =>
    withTargetOptions(withClusterOptions(yargs))
      .positional("scenarios", {
        type: "string",
        array: true,
        describe: "names from `rebound list scenarios`, or files of your own; all that are listed by default",
      })
      .option("vm", {
        type: "string",
        requiresArg: true,
        array: true,
        nargs: 1,
        describe: "a YAML file with VirtualMachines of your own: break these instead of the scenario's",
      })
      .option("seed", { type: "string", requiresArg: true, default: "1", describe: "decides every random latency" })
      .option("repeat", { type: "string", requiresArg: true, default: "1", describe: "run each experiment this often" })
      .option("grep", {
        type: "string",
        requiresArg: true,
        describe: "judge only the variants whose `experiment/variant` matches this pattern",
      })
      .option("fault", { type: "string", requiresArg: true, describe: "run only experiments with this fault" })
      .option("remedy", { type: "string", requiresArg: true, describe: "run only experiments with this remedy" })
      .option("practice", {
        type: "string",
        requiresArg: true,
        describe: "run only experiments that bear on this practice (see `rebound list practices`)",
      })
      .option("expectations", {
        type: "string",
        requiresArg: true,
        describe: "a YAML file of what your platform does otherwise than is documented",
      })
      .option("isolate", { type: "boolean", default: false, describe: "run each VM by itself" })
      .option("shard", {
        type: "string",
        requiresArg: true,
        describe: "run one part of the experiments, e.g. 1/4 for the first of four",
      })
      .option("budget", {
        type: "string",
        requiresArg: true,
        describe: "begin no experiment after so long, as in 90min; those that are left are skipped",
      })
      .option("baseline", {
        type: "string",
        requiresArg: true,
        describe: "an earlier run's folder: exit with 4 where all is green, but something is worse than in it",
      })
      .option("keep", { type: "boolean", default: false, describe: "leave the VMs on a real cluster when it is over" })
      .option("out", { type: "string", requiresArg: true, default: "reports", describe: "where reports go" })
      .option("json", { type: "boolean", default: false, describe: "print results.json on stdout, and nothing else" })
      .option("dry-run", { type: "boolean", default: false, describe: "show what would be run, and touch nothing" })
      .example("$0 run basics", "the four basic faults, every run strategy")
      .example("$0 run my.scenario.ts --seed 7", "a scenario of your own")
      .example("$0 run basics --vm my-vm.yaml", "the same faults on your own VM")
      .example("$0 run vm-crash --cluster existing --context lab --target shop/web", "on a VM that runs already")
      .strict(),
  handler: async (argv) => {
    const { run } = await import("./run-scenarios.ts");
    process.exitCode = await run(argv);
  },
};
