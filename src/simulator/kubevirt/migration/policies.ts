import type { KubeObject, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { migrationConfiguration, type MigrationConfiguration } from "../configuration.ts";

/** Other limits than the cluster's, for the migrations of some VMIs. */
export interface MigrationPolicy extends KubeObject {
  spec: {
    selectors?: {
      namespaceSelector?: Record<string, string>;
      virtualMachineInstanceSelector?: Record<string, string>;
    };
  } & Partial<Pick<MigrationConfiguration, (typeof overridden)[number]>>;
}

const overridden = [
  "allowAutoConverge",
  "allowPostCopy",
  "allowWorkloadDisruption",
  "bandwidthPerMigration",
  "completionTimeoutPerGiB",
  "maxDowntimeMs",
] as const;

/** The limits of a VMI's migration, and the policy that they come from where one speaks of it (watch/migration/migrationpolicy.go). */
export function resolvedConfiguration(
  world: World,
  vmi: VirtualMachineInstance,
): { configuration: MigrationConfiguration; policyName?: string } {
  const configuration = migrationConfiguration(world);
  const policy = matching(world, vmi);
  if (policy === undefined) return { configuration };
  const { spec, metadata } = policy;
  const said = Object.fromEntries(
    overridden.flatMap((field) => (spec[field] === undefined ? [] : [[field, spec[field]]])),
  );
  const { allowPostCopy } = spec;
  // A policy from before there were two switches means both by the one.
  const both = allowPostCopy === undefined ? {} : { allowWorkloadDisruption: allowPostCopy };
  return { configuration: { ...configuration, ...both, ...said }, policyName: metadata.name };
}

/** The policy with the most labels that all match, those of the VMI before those of its namespace, then the first by name. */
function matching(world: World, { metadata }: VirtualMachineInstance): MigrationPolicy | undefined {
  const ofNamespace = world.store.get<KubeObject>("namespaces", undefined, metadata.namespace ?? "")?.metadata.labels;
  const scored = world.store.list<MigrationPolicy>("migrationpolicies").flatMap((policy) => {
    const { namespaceSelector = {}, virtualMachineInstanceSelector = {} } = policy.spec.selectors ?? {};
    const fits = holds(virtualMachineInstanceSelector, metadata.labels) && holds(namespaceSelector, ofNamespace);
    if (policy.spec.selectors === undefined || !fits) return [];
    const vmi = Object.keys(virtualMachineInstanceSelector).length;
    return { policy, total: vmi + Object.keys(namespaceSelector).length, vmi };
  });
  scored.sort(
    (a, b) => b.total - a.total || b.vmi - a.vmi || (a.policy.metadata.name < b.policy.metadata.name ? -1 : 1),
  );
  return scored[0]?.policy;
}

function holds(selector: Record<string, string>, labels: Record<string, string> = {}): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
