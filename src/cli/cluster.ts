import type { CommandModule } from "yargs";

/** `rebound cluster`: what it takes. */
export const clusterCommand: CommandModule = {
  command: "cluster <action>",
  describe: "A kind cluster with KubeVirt on this machine: create it, look at it, remove it",
  builder: (yargs) =>
    yargs
      .positional("action", {
        type: "string",
        choices: ["up", "down", "status", "doctor"],
        describe: "create or complete it, remove it, show it, or say what this machine lacks for it",
      })
      .option("name", { type: "string", requiresArg: true, default: "rebound", describe: "the cluster's name" })
      .option("config", {
        type: "string",
        requiresArg: true,
        describe: "up: a kind configuration; by default one control plane and three workers",
      })
      .option("node-image", {
        type: "string",
        requiresArg: true,
        describe: "up: the image of its nodes; by default kind's",
      })
      .option("kubevirt-manifests", {
        type: "string",
        requiresArg: true,
        describe: "up: a folder with kubevirt-operator.yaml and kubevirt-cr.yaml; without it KubeVirt is not installed",
      })
      .option("json", { type: "boolean", default: false, describe: "status, doctor: print JSON" })
      .example("$0 cluster doctor", "what this machine lacks, and how to mend it")
      .example("$0 cluster up --kubevirt-manifests ./kubevirt-v1.9.0", "a cluster with KubeVirt")
      .strict(),
  handler: async (argv) => {
    const { cluster } = await import("./cluster-actions.ts");
    process.exitCode = await cluster(argv);
  },
};
