import type { Argv } from "yargs";

/** Adds the options that say which cluster a command works on. */
export function withClusterOptions<T>(yargs: Argv<T>) {
  return yargs
    .option("cluster", {
      type: "string",
      requiresArg: true,
      default: "simulated",
      describe: "simulated, kind, or existing: the one that --context names",
    })
    .option("nodes", {
      type: "string",
      requiresArg: true,
      default: "3",
      describe: "simulated: how many workers it has",
    })
    .option("name", { type: "string", requiresArg: true, default: "rebound", describe: "kind: the cluster's name" })
    .option("context", { type: "string", requiresArg: true, describe: "existing: a context of the kubeconfig" })
    .option("kubeconfig", {
      type: "string",
      requiresArg: true,
      describe: "existing: the file; by default KUBECONFIG, or ~/.kube/config",
    })
    .option("cluster-config", {
      type: "string",
      requiresArg: true,
      describe: "existing: a YAML file of what may be done to it, and with which hands (docs/existing-clusters.md)",
    })
    .option("image", {
      type: "string",
      requiresArg: true,
      array: true,
      nargs: 1,
      describe: "what stands in the place of a default image: guest=<reference> or prober=<reference>",
    })
    .option("yes", {
      type: "string",
      requiresArg: true,
      describe: "existing: its context once more, where nobody is there to confirm it",
    });
}

/** Adds the options that name VMs which run already. */
export function withTargetOptions<T>(yargs: Argv<T>) {
  return yargs
    .option("target", {
      type: "string",
      requiresArg: true,
      array: true,
      nargs: 1,
      describe: "namespace/name of a VM that runs already: break this one, unedited",
    })
    .option("selector", {
      alias: "l",
      type: "string",
      requiresArg: true,
      describe: "break the VMs that run already and have these labels, in the --namespace",
    })
    .option("namespace", { alias: "n", type: "string", requiresArg: true, describe: "where --selector looks" });
}
