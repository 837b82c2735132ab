import { createHash } from "node:crypto";
import * as kube from "../../kube/resources.ts";
import type { Resource } from "../../kube/resources.ts";
import type { Settings } from "../settings.ts";

/** A resource as the API server serves it. */
export interface Served extends Resource {
  /** All versions it is served in, preferred first; stored as `version`. */
  versions: readonly string[];
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  /** Beside the object itself, e.g. `status`. */
  subresources: readonly Subresource[];
  /** Defined by a CustomResourceDefinition: other patch types, list and update rules than built-in ones. */
  custom: boolean;
  verbs: readonly string[];
  /** The setting without which nobody has brought its definition to the cluster. */
  broughtBy?: "hyperConverged";
}

export interface Subresource {
  name: string;
  verbs: readonly string[];
  /** Where what it takes and answers is not the resource's own kind. */
  kind?: { group?: string; version?: string; kind: string };
}

const builtInVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
const customVerbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const status: Subresource = { name: "status", verbs: ["get", "patch", "update"] };
const scale: Subresource = {
  name: "scale",
  verbs: ["get", "patch", "update"],
  kind: { group: "autoscaling", version: "v1", kind: "Scale" },
};
const eviction: Subresource = {
  name: "eviction",
  verbs: ["create"],
  kind: { group: "policy", version: "v1", kind: "Eviction" },
};

/** How to look into a container or to talk with it. */
const inContainers: Subresource[] = [
  { name: "log", verbs: ["get"] },
  ...["Attach", "Exec", "PortForward"].map((what) => ({
    name: what.toLowerCase(),
    verbs: ["create", "get"],
    kind: { kind: `Pod${what}Options` },
  })),
];

type Extra = Partial<Omit<Served, keyof Resource>>;

function builtIn(resource: Resource, extra: Extra = {}): Served {
  return {
    ...resource,
    versions: [resource.version],
    singular: resource.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    subresources: [],
    custom: false,
    verbs: builtInVerbs,
    ...extra,
  };
}

function custom(resource: Resource, extra: Extra = {}): Served {
  return builtIn(resource, { custom: true, verbs: customVerbs, ...extra });
}

function of(group: string, plural: string, kind: string, namespaced = true): Resource {
  return { group, version: "v1", plural, kind, namespaced };
}

const all = ["all"];
/** KubeVirt's own group is still served in its first version too, with a warning. */
const kubevirt = { versions: ["v1", "v1alpha3"], categories: all };

/** Everything that is stored; `plural` is the store's key, so no two may share it. */
export const registry: readonly Served[] = [
  builtIn(kube.configMaps, { shortNames: ["cm"] }),
  builtIn(kube.events, { shortNames: ["ev"] }),
  builtIn(kube.namespaces, {
    shortNames: ["ns"],
    subresources: [{ name: "finalize", verbs: ["update"] }, status],
    verbs: builtInVerbs.filter((verb) => verb !== "deletecollection"),
  }),
  builtIn(kube.nodes, { shortNames: ["no"], subresources: [status] }),
  builtIn(kube.persistentVolumeClaims, { shortNames: ["pvc"], subresources: [status] }),
  builtIn(of("", "persistentvolumes", "PersistentVolume", false), { shortNames: ["pv"], subresources: [status] }),
  builtIn(kube.pods, { shortNames: ["po"], categories: all, subresources: [eviction, ...inContainers, status] }),
  builtIn(kube.secrets),
  builtIn(of("", "serviceaccounts", "ServiceAccount"), { shortNames: ["sa"] }),
  builtIn(kube.services, { shortNames: ["svc"], categories: all, subresources: [status] }),
  builtIn(of("apps", "controllerrevisions", "ControllerRevision")),
  builtIn(of("apps", "daemonsets", "DaemonSet"), { shortNames: ["ds"], categories: all, subresources: [status] }),
  builtIn(of("apps", "deployments", "Deployment"), {
    shortNames: ["deploy"],
    categories: all,
    subresources: [scale, status],
  }),
  builtIn(of("apps", "replicasets", "ReplicaSet"), {
    shortNames: ["rs"],
    categories: all,
    subresources: [scale, status],
  }),
  builtIn(kube.endpointSlices),
  builtIn(of("policy", "poddisruptionbudgets", "PodDisruptionBudget"), {
    shortNames: ["pdb"],
    subresources: [status],
  }),
  builtIn(of("scheduling.k8s.io", "priorityclasses", "PriorityClass", false), { shortNames: ["pc"] }),
  builtIn(of("storage.k8s.io", "storageclasses", "StorageClass", false), { shortNames: ["sc"] }),
  builtIn(of("storage.k8s.io", "volumeattachments", "VolumeAttachment", false), { subresources: [status] }),
  builtIn(of("coordination.k8s.io", "leases", "Lease")),
  custom(kube.kubeVirts, { ...kubevirt, shortNames: ["kv", "kvs"], subresources: [status] }),
  custom(kube.virtualMachineInstances, { ...kubevirt, shortNames: ["vmi", "vmis"] }),
  custom(kube.replicaSets, { ...kubevirt, shortNames: ["vmirs", "vmirss"], subresources: [status, scale] }),
  custom(kube.virtualMachines, { ...kubevirt, shortNames: ["vm", "vms"], subresources: [status] }),
  custom(kube.migrations, { ...kubevirt, shortNames: ["vmim", "vmims"], subresources: [status] }),
  custom(kube.instancetypes, {
    categories: all,
    shortNames: ["vminstancetype", "vminstancetypes", "vmf", "vmfs"],
  }),
  custom(kube.preferences, { categories: all, shortNames: ["vmpref", "vmprefs", "vmp", "vmps"] }),
  custom(kube.clusterInstancetypes, {
    shortNames: ["vmclusterinstancetype", "vmclusterinstancetypes", "vmcf", "vmcfs"],
  }),
  custom(kube.clusterPreferences, { shortNames: ["vmcp", "vmcps"] }),
  custom(kube.migrationPolicies, { singular: "migrationpolicy", subresources: [status] }),
  custom(kube.hyperConvergeds, {
    versions: ["v1", "v1beta1"],
    broughtBy: "hyperConverged",
    shortNames: ["hco", "hcos"],
    subresources: [status],
  }),
  custom(kube.dataVolumes, { categories: all, shortNames: ["dv", "dvs"], subresources: [status] }),
  custom(kube.networkAttachmentDefinitions, {
    singular: "network-attachment-definition",
    shortNames: ["net-attach-def"],
  }),
];

/** What is served on a cluster of those settings. */
export function servedOn(settings: Pick<Settings, "hyperConverged">): readonly Served[] {
  return registry.filter(({ broughtBy }) => broughtBy === undefined || settings[broughtBy]);
}

const byPlural = new Map(registry.map((served) => [served.plural, served]));

/** The resource of that plural; throws for one that is not served. */
export function servedAs(plural: string): Served {
  const served = byPlural.get(plural);
  if (served === undefined) throw new Error(`no resource "${plural}" is served`);
  return served;
}

/** The resource at that place of the URL, or undefined. */
export function servedAt(group: string, version: string, plural: string): Served | undefined {
  const served = byPlural.get(plural);
  return served?.group === group && served.versions.includes(version) ? served : undefined;
}

/** Plural and group as messages name a resource: `pods`, `virtualmachines.kubevirt.io`. */
export function qualify(plural: string): string {
  const group = byPlural.get(plural)?.group;
  return group ? `${plural}.${group}` : plural;
}

/** `v1`, `kubevirt.io/v1`. */
export function groupVersion(group: string, version: string): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Identifies the version that a resource is stored in, as discovery shows it. */
export function storageVersionHash({ group, version, kind }: Resource): string {
  return createHash("sha256").update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString("base64");
}
