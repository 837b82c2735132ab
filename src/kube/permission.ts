import type { Resource } from "./resources.ts";

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/** Where it may be used: in the experiment's own namespace, in one of a fixed name, or everywhere. */
export type Place = { namespace: string } | "experiment" | "everywhere";

/** Something that is asked of the API server, as RBAC has it. */
export interface Permission {
  group: string;
  /** The plural, and the subresource after a slash where it is one's: `pods/eviction`. */
  resource: string;
  verbs: Verb[];
  place: Place;
}

/** What is done with a resource: in the experiment's namespace unless it is another's, or has none. */
export function may(verbs: Verb[], { group, plural, namespaced }: Resource, place?: Place): Permission {
  return { group, resource: plural, verbs, place: place ?? (namespaced ? "experiment" : "everywhere") };
}

/** What is done with a subresource of Kubernetes' own. */
export function mayWith(verbs: Verb[], resource: Resource, subresource: string, place?: Place): Permission {
  const { group, resource: plural, place: where } = may(verbs, resource, place);
  return { group, resource: `${plural}/${subresource}`, verbs, place: where };
}

/** PUT on a subresource of KubeVirt's, which an API server of its own serves. */
export function mayCall({ plural }: Resource, subresource: string): Permission {
  const resource = `${plural}/${subresource}`;
  return { group: "subresources.kubevirt.io", resource, verbs: ["update"], place: "experiment" };
}

/** One verb on one resource in one place. */
export interface Grant {
  group: string;
  resource: string;
  verb: Verb;
  /** Null is everywhere. */
  namespace: string | null;
}

/**
 * The permissions one by one, each once and none that another includes. `experiment` is the namespace of the VMs;
 * null where it is made for each experiment: then nothing narrower than everywhere can be granted.
 */
export function grantsOf(permissions: readonly Permission[], experiment: string | null): Grant[] {
  const grants = new Map<string, Grant>();
  for (const { group, resource, verbs, place } of permissions) {
    const namespace = place === "everywhere" ? null : place === "experiment" ? experiment : place.namespace;
    for (const verb of verbs) {
      const grant = { group, resource, verb, namespace };
      grants.set(keyOf(grant), grant);
    }
  }
  return [...grants]
    .filter(([, grant]) => grant.namespace === null || !grants.has(keyOf({ ...grant, namespace: null })))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, grant]) => grant);
}

/** A grant in words: `list pods in kubevirt`. */
export function describeGrant({ group, resource, verb, namespace }: Grant): string {
  const what = group === "" ? resource : `${resource}.${group}`;
  return `${verb} ${what}${namespace === null ? "" : ` in ${namespace}`}`;
}

function keyOf({ group, resource, verb, namespace }: Grant): string {
  return [namespace ?? "", group, resource, verb].join(" ");
}
