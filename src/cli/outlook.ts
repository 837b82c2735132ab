import type { Cluster } from "../cluster/cluster.ts";
import { missingGrants } from "../cluster/existing/access.ts";
import { siteNeeds } from "../cluster/existing/site-needs.ts";
import type { ClusterChoice, ExistingChoice } from "../cluster/open-cluster.ts";
import { EnvironmentError } from "../errors.ts";
import { needsOf } from "../experiment/needs.ts";
import type { Prepared } from "../experiment/prepare.ts";
import { chooseNodes, findVictims, reachesNodes } from "../experiment/victims.ts";
import type { Victim } from "../faults/fault.ts";
import { describeGrant, grantsOf, type Grant } from "../kube/permission.ts";
import { formatMs } from "../report/format.ts";
import { targetNeeds } from "../workload/live-variants.ts";

/** What a run on a real cluster will do to it, take and need. */
export interface Outlook {
  /** By experiment: what its fault will be aimed at, as things stand. */
  aims: { id: string; aim: string[] }[];
  /** How long it will take, in milliseconds, if every phase is watched to its end. */
  ms: number;
  needed: Grant[];
  missing: Grant[];
}

/** How long deploying, waiting for the steady state and undoing usually take, by how guests are run, in milliseconds. */
const aroundMs = { kvm: 90_000, tcg: 180_000, simulated: 60_000 };

/** Looks at the cluster and touches nothing. */
export async function lookAhead(prepared: Prepared[], choice: ExistingChoice, cluster: Cluster): Promise<Outlook> {
  const run = prepared.filter(({ plan }) => plan.skip === null);
  const aims = await Promise.all(run.map(async (each) => ({ id: each.plan.id, aim: await aimOf(each, cluster) })));
  const ms = run
    .map(({ plan }) => plan.phases.reduce((sum, { limitMs }) => sum + limitMs, aroundMs[plan.cluster.acceleration]))
    .reduce((sum, each) => sum + each, 0);
  const needed = grantsFor(prepared, choice.config);
  return { aims, ms, needed, missing: await missingGrants(needed, cluster.kube) };
}

/** All that the experiments ask of an existing cluster's API server. */
export function grantsFor(prepared: Prepared[], config: ExistingChoice["config"]): Grant[] {
  const live = prepared.find(({ plan }) => plan.live === true)?.plan.namespace ?? null;
  const needs = [...siteNeeds(config), ...prepared.flatMap(needsOf), ...(live === null ? [] : targetNeeds)];
  return grantsOf(needs, live);
}

/** The same for a person. */
export function outlookText({ aims, ms, needed, missing }: Outlook): string {
  return [
    "It will be aimed at, as things stand:",
    ...aims.map(({ id, aim }) => `  ${id}: ${aim.join(", ")}`),
    `It will take up to ${formatMs(ms)}.`,
    `It needs ${needed.length} permissions, ${missing.length === 0 ? "and has them all" : `of which these are missing`}:`,
    ...(missing.length === 0 ? needed : missing).map((grant) => `  ${describeGrant(grant)}`),
    "",
  ].join("\n");
}

/** @throws EnvironmentError that names the permissions which an existing cluster does not give */
export async function mustBePermitted(prepared: Prepared[], choice: ClusterChoice, cluster: Cluster): Promise<void> {
  if (choice.provider !== "existing") return;
  const missing = await missingGrants(grantsFor(prepared, choice.config), cluster.kube);
  if (missing.length === 0) return;
  throw new EnvironmentError(
    `permissions are missing: ${missing.map(describeGrant).join(", ")}; \`rebound rbac\` prints a role that has them`,
  );
}

async function aimOf({ plan, fault }: Prepared, cluster: Cluster): Promise<string[]> {
  if (plan.live === true) return fault.targets(await findVictims(plan, cluster));
  const node = reachesNodes(plan) ? (await chooseNodes(cluster))[0]! : "the node where it starts";
  const victims = plan.variants
    .filter(({ role, skip }) => role === "victim" && skip === null)
    .map((variant): Victim => ({ variant, vmi: { namespace: plan.namespace, name: variant.name, uid: "" }, node }));
  return [...fault.targets(victims), `in the new namespace ${plan.namespace}`];
}
