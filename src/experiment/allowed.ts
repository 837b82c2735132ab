import type { Cluster } from "../cluster/cluster.ts";
import { messageOf, UsageError } from "../errors.ts";
import { replicasOf } from "../workload/variant.ts";
import type { Prepared } from "./prepare.ts";
import type { Plan } from "./plan.ts";
import { chooseNodes, findVictims, reachesNodes, whyNotAllowed } from "./victims.ts";

/**
 * Asks the cluster's guards about everything that will be run, before anything is touched.
 *
 * @throws UsageError that names the experiment and says what stands against it
 */
export async function mustBeAllowed(prepared: Prepared[], cluster: Cluster): Promise<void> {
  if (cluster.refuses === undefined) return;
  for (const { plan } of prepared) {
    if (plan.skip !== null) continue;
    const refusal = plan.live === true ? await whyNotLive(plan, cluster) : await whyNotDeployed(plan, cluster);
    if (refusal !== null) throw new UsageError(`${plan.id} is refused: ${refusal}`);
  }
}

async function whyNotLive(plan: Plan, cluster: Cluster): Promise<string | null> {
  return whyNotAllowed(plan, await findVictims(plan, cluster), cluster);
}

/** Its victims are not there yet; where they will be, the node is chosen among those that may be broken. */
async function whyNotDeployed(plan: Plan, cluster: Cluster): Promise<string | null> {
  const { namespace } = plan;
  const victims = plan.variants
    .filter(({ role, skip }) => role === "victim" && skip === null)
    .flatMap((variant) =>
      Array.from({ length: replicasOf(variant) }, () => ({ namespace, name: variant.name, uid: "" })),
    );
  const refusal = await cluster.refuses!({ nodes: [], victims });
  if (refusal !== null || !reachesNodes(plan)) return refusal;
  return chooseNodes(cluster).then(() => null, messageOf);
}
