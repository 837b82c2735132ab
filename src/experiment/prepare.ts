import { createHash } from "node:crypto";
import type { Cluster } from "../cluster/cluster.ts";
import { UsageError } from "../errors.ts";
import type { Fault } from "../faults/fault.ts";
import { nodes } from "../kube/resources.ts";
import type { Remedy } from "../remedies/remedy.ts";
import type { Node } from "../kube/objects.ts";
import { bootedFrom } from "../workload/guest-image.ts";
import { hosted, type Host } from "../workload/hosting.ts";
import { modelLimits } from "../workload/model-limits.ts";
import { liveVariants, type Target } from "../workload/live-variants.ts";
import { missingReference } from "../workload/references.ts";
import { whyNeverScheduled } from "../workload/schedulable.ts";
import { userVariants } from "../workload/user-variants.ts";
import type { Variant } from "../workload/variant.ts";
import { readSiteRules } from "./expectations/site-rules.ts";
import type { Experiment } from "./experiment.ts";
import { loadScenarios, type Declared } from "./load-scenarios.ts";
import { tryOut } from "./trial.ts";
import { planExperiment } from "./plan-experiment.ts";
import type { Plan } from "./plan.ts";
import { surveyHost } from "./survey-host.ts";

/** What a user asks to be run. */
export interface Selection {
  /** Names of scenarios or files; none means the whole catalogue. */
  scenarios: string[];
  /** Manifest files of the user's own VMs, to be broken in place of the scenarios' variants. */
  vmFiles: string[];
  /** VMs that run already, to be broken in place of the scenarios' variants. */
  target?: Target | null;
  /** Only variants whose `experiment/variant` matches. */
  grep: RegExp | null;
  /** Only experiments with this fault, this remedy, and that bear on this practice. */
  fault: string | null;
  remedy: string | null;
  practice: string | null;
  /** A file of what the site's platform does otherwise than is documented. */
  siteRules: string | null;
  /** Each variant has a run to itself, with the experiment's bystanders and nothing beside it. */
  isolate: boolean;
  /** Only this part of the experiments, of so many; counted from 1. */
  shard: { index: number; of: number } | null;
  /** What the default guest boots from, in place of its image. */
  guestImage?: string | undefined;
  seed: number;
  /** How often each experiment is run. */
  repeat: number;
}

/** A planned experiment, the fault that it injects and the remedies that it tries. */
export interface Prepared {
  plan: Plan;
  fault: Fault;
  remedies: Remedy[];
}

/**
 * Decides all that will be run, on a cluster like `cluster`: nothing is deployed. A `UsageError` where the selection
 * leaves nothing, or a VM can never run there.
 */
export async function prepare(selection: Selection, cluster: Cluster): Promise<Prepared[]> {
  const declared = await select(selection);
  const site = selection.siteRules === null ? [] : readSiteRules(selection.siteRules);
  const own = await variantsOfUser(selection, cluster);
  const host = await surveyHost(cluster);
  const prepared = declared.flatMap(({ scenario, experiment }) => {
    const asked = own === null ? booted(fitted(experiment, host), selection.guestImage) : withVariants(experiment, own);
    return Array.from({ length: selection.repeat }, (_, index) => ({
      fault: experiment.fault,
      remedies: experiment.remedies ?? [],
      plan: planExperiment(asked, cluster, {
        scenario,
        seed: selection.seed,
        repeat: index + 1,
        site,
        liveIn: selection.target?.namespace,
        only: (id, variant) => selection.isolate || (selection.grep?.test(`${id}/${variant}`) ?? true),
      }),
    }));
  });
  const chosen = prepared.filter(({ plan }) => plan.variants.length > 0);
  if (chosen.length === 0) {
    throw new UsageError(
      `no variant matches --grep ${selection.grep?.source}; a variant is named experiment/variant, e.g. ${exampleOf(declared)}`,
    );
  }
  return chosen;
}

/** The same experiment, with its variants as this cluster can host them. */
function fitted(experiment: Experiment, host: Host): Experiment {
  return { ...experiment, variants: experiment.variants.map((variant) => hosted(variant, host)) };
}

function booted(experiment: Experiment, image: string | undefined): Experiment {
  if (image === undefined) return experiment;
  return { ...experiment, variants: experiment.variants.map((variant) => bootedFrom(image, variant)) };
}

/** The seed of one experiment's own cluster: no two experiments of a run share their chance. */
export function clusterSeed(plan: Plan): number {
  return createHash("sha256").update(`${plan.seed}/${plan.id}/${plan.repeat}`).digest().readUInt32BE(0);
}

async function select(selection: Selection): Promise<Declared[]> {
  const filters: [what: string, wanted: string | null, of: (experiment: Experiment) => string[]][] = [
    ["has the fault", selection.fault, ({ fault }) => [fault.name]],
    ["has the remedy", selection.remedy, ({ remedies = [] }) => remedies.map(({ name }) => name)],
    ["bears on the practice", selection.practice, ({ practices = [] }) => practices],
  ];
  let chosen = await loadScenarios(selection.scenarios);
  for (const [what, wanted, of] of filters) {
    if (wanted === null) continue;
    const present = [...new Set(chosen.flatMap(({ experiment }) => of(experiment)))].sort();
    chosen = chosen.filter(({ experiment }) => of(experiment).includes(wanted));
    if (chosen.length === 0) throw new UsageError(`no experiment ${what} "${wanted}"; there are ${present.join(", ")}`);
  }
  const apart = selection.isolate ? chosen.flatMap((each) => isolated(each, selection.grep)) : chosen;
  return selection.shard === null ? apart : shardOf(apart, selection.shard);
}

/** An experiment for each victim that matches, by the name it has beside the others or by its own; those that stand by are in all. */
function isolated({ scenario, experiment }: Declared, grep: RegExp | null): Declared[] {
  const victims = experiment.variants.filter(({ role, name }) => {
    const names = [`${experiment.id}/${name}`, `${experiment.id}-${name}/${name}`];
    return role === "victim" && (grep === null || names.some((each) => grep.test(each)));
  });
  const beside = experiment.variants.filter(({ role }) => role === "bystander");
  return victims.map((victim) => ({
    scenario,
    experiment: { ...experiment, id: `${experiment.id}-${victim.name}`, variants: [victim, ...beside] },
  }));
}

/** Every so-manieth experiment: parts of about the same length, and all together the whole. */
function shardOf(declared: Declared[], { index, of }: { index: number; of: number }): Declared[] {
  const part = declared.filter((_, position) => position % of === index - 1);
  if (part.length > 0) return part;
  throw new UsageError(`shard ${index} of ${of} is empty: there are ${declared.length} experiments`);
}

/** What is broken in place of the scenarios' variants; null where those are. */
export async function variantsOfUser(
  { target, vmFiles }: Pick<Selection, "target" | "vmFiles">,
  cluster: Cluster,
): Promise<Variant[] | null> {
  if (target != null) return liveVariants(target, cluster.kube);
  return vmFiles.length === 0 ? null : ownVariants(vmFiles, cluster);
}

/** The user's VMs, held against what the cluster can run and, where it is a model, against what it models. */
async function ownVariants(files: string[], cluster: Cluster): Promise<Variant[]> {
  const workers = await cluster.kube.list<Node>(nodes);
  const variants: Variant[] = [];
  for (const variant of userVariants(files)) {
    const which = `${files.join(", ")}: ${variant.name}`;
    const { skip, notes, assumed } = cluster.description.prediction ? modelLimits(variant) : noLimits;
    const manifests = [...variant.manifests, ...assumed];
    const noted: Variant = { ...variant, manifests, notes: [...(variant.notes ?? []), ...notes] };
    variants.push(skip === null ? noted : { ...noted, skip });
    if (skip !== null) continue;
    const missing = missingReference(variant);
    if (missing !== null)
      throw new UsageError(`${which}: ${missing}, which no file given with --vm holds; add that file`);
    if (cluster.description.prediction) await tryOut(noted, which, cluster);
    const never = whyNeverScheduled(variant, workers);
    if (never !== null) throw new UsageError(`${which} can never be scheduled on this cluster: ${never}`);
  }
  return variants;
}

const noLimits = { skip: null, notes: [], assumed: [] };

/** The same experiment on the user's VMs; what its scenario states of its own variants does not speak of them. */
function withVariants(experiment: Declared["experiment"], variants: Variant[]): Declared["experiment"] {
  const { expect: _expect, expectAfter: _expectAfter, ...rest } = experiment;
  return { ...rest, variants };
}

function exampleOf([first]: Declared[]): string {
  return first === undefined ? "vm-crash/always" : `${first.experiment.id}/${first.experiment.variants[0]?.name}`;
}
