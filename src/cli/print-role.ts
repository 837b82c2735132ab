import { z } from "zod";
import { defaultClusterConfig, readClusterConfig } from "../cluster/existing/cluster-config.ts";
import { roleYaml } from "../cluster/existing/role.ts";
import { openCluster } from "../cluster/open-cluster.ts";
import { exitCodes } from "../errors.ts";
import { prepare } from "../experiment/prepare.ts";
import { checkOptions, word } from "./options.ts";
import { grantsFor } from "./outlook.ts";

const rbacOptions = z.object({
  scenarios: z.array(word),
  fault: word.optional(),
  remedy: word.optional(),
  practice: word.optional(),
  clusterConfig: word.optional(),
  namespace: word.optional(),
});

/** Plans the scenarios on a simulated cluster, which can do them all, and prints what they need; returns the exit code. */
export async function printRole(argv: unknown): Promise<number> {
  const options = checkOptions(rbacOptions, argv);
  const { scenarios, fault = null, remedy = null, practice = null, clusterConfig, namespace } = options;
  const config = clusterConfig === undefined ? defaultClusterConfig : readClusterConfig(clusterConfig);
  await using cluster = await openCluster({ provider: "simulated", nodes: 3 }, { seed: 1, holdMs: 0 });
  const selection = { scenarios, fault, remedy, practice, vmFiles: [], grep: null, siteRules: null };
  const prepared = await prepare({ ...selection, isolate: false, shard: null, seed: 1, repeat: 1 }, cluster);
  const planned =
    namespace === undefined
      ? prepared
      : prepared.map((each) => ({ ...each, plan: { ...each.plan, namespace, live: true as const } }));
  process.stdout.write(roleYaml(grantsFor(planned, config)));
  return exitCodes.green;
}
