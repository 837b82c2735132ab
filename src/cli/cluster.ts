import type { CommandModule } from "yargs";

/** The release of KubeVirt that is installed where none is named. */
export const defaultRelease = "v1.9.0";

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
      .option("kubevirt", {
        type: "string",
        requiresArg: true,
        default: defaultRelease,
        describe: "up: the release of KubeVirt to install, or none",
      })
      .option("kubevirt-manifests", {
        type: "string",
        requiresArg: true,
        describe: "up: a folder with kubevirt-operator.yaml and kubevirt-cr.yaml, in place of a release",
      })
      .option("image", {
        type: "string",
        requiresArg: true,
        array: true,
        nargs: 1,
        describe: "up: what stands in the place of an image, as in virt-launcher=registry.local/virt-launcher:dev",
      })
      .option("json", { type: "boolean", default: false, describe: "status, doctor: print JSON" })
      .example("$0 cluster doctor", "what this machine lacks, and how to mend it")
      .example("$0 cluster up", "a cluster with KubeVirt")
      .strict(),
  handler: async (argv) => {
    const { cluster } = await import("./cluster-actions.ts");
    process.exitCode = await cluster(argv);
  },
};
