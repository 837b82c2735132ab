import { versions } from "../settings.ts";
import type { ApiResponse } from "../simulation.ts";
import { groupVersion, storageVersionHash } from "./registry.ts";
import type { Served } from "./registry.ts";
import { subresourceGroup, subresourceNames } from "./subresources/names.ts";
import { answer } from "./wire.ts";

/** How a component was built, as far as a model can say. */
export const build = {
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "1970-01-01T00:00:00Z",
  goVersion: "",
  compiler: "",
  platform: "linux/amd64",
};

/** What `GET /version` says. */
export const version = {
  major: "1",
  minor: "36",
  emulationMajor: "1",
  emulationMinor: "36",
  minCompatibilityMajor: "1",
  minCompatibilityMinor: "35",
  gitVersion: versions.kubernetes,
  ...build,
};

const aggregatedType = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/** Served, but never stored: only asked for. */
const reviews = {
  group: "authorization.k8s.io",
  resources: ["SelfSubjectAccessReview", "SelfSubjectRulesReview"].map((kind) => ({
    name: `${kind.toLowerCase()}s`,
    singularName: kind.toLowerCase(),
    namespaced: false,
    kind,
    verbs: ["create"],
  })),
};

interface Group {
  name: string;
  versions: readonly string[];
}

/** Answers discovery's paths for what is served; undefined for all others. */
export function discover(
  kinds: readonly Served[],
  segments: readonly string[],
  accept: string,
): ApiResponse | undefined {
  const [root, group, version, ...more] = segments;
  if (root === "api" && segments.length <= 2) {
    if (group === undefined)
      return accept.includes("as=APIGroupDiscoveryList") ? aggregated(kinds, [core]) : answer(200, apiVersions);
    return group === "v1" ? answer(200, resourceList(kinds, "", "v1")) : undefined;
  }
  if (root !== "apis" || more.length > 0) return undefined;
  const groups = groupsOf(kinds);
  if (group === undefined) {
    if (accept.includes("as=APIGroupDiscoveryList")) return aggregated(kinds, groups);
    return answer(200, { kind: "APIGroupList", apiVersion: "v1", groups: groups.map(described) });
  }
  const found = groups.find(({ name }) => name === group);
  if (found === undefined) return undefined;
  if (version === undefined) return answer(200, { kind: "APIGroup", apiVersion: "v1", ...described(found) });
  return found.versions.includes(version) ? answer(200, resourceList(kinds, group, version)) : undefined;
}

const core: Group = { name: "", versions: ["v1"] };
const apiVersions = {
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "127.0.0.1:6443" }],
};

function groupsOf(kinds: readonly Served[]): Group[] {
  const found = new Map<string, Group>();
  for (const { group: name, versions } of kinds) if (name !== "") found.set(name, { name, versions });
  found.set(reviews.group, { name: reviews.group, versions: ["v1"] });
  found.set(subresourceGroup, { name: subresourceGroup, versions: ["v1", "v1alpha3"] });
  return [...found.values()];
}

function described({ name, versions }: Group): object {
  const all = versions.map((version) => ({ groupVersion: groupVersion(name, version), version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function servedIn(kinds: readonly Served[], group: string, version: string): Served[] {
  return kinds.filter((served) => served.group === group && served.versions.includes(version));
}

function resourceList(kinds: readonly Served[], group: string, version: string): object {
  const resources = servedIn(kinds, group, version).flatMap((served) => [
    {
      name: served.plural,
      singularName: served.singular,
      namespaced: served.namespaced,
      kind: served.kind,
      verbs: served.verbs,
      ...(served.shortNames.length > 0 && { shortNames: served.shortNames }),
      ...(served.categories.length > 0 && { categories: served.categories }),
      storageVersionHash: storageVersionHash(served),
    },
    ...served.subresources.map(({ name, verbs, kind }) => ({
      name: `${served.plural}/${name}`,
      singularName: "",
      namespaced: served.namespaced,
      kind: served.kind,
      ...kind,
      verbs,
    })),
  ]);
  return {
    kind: "APIResourceList",
    ...(group !== "" && { apiVersion: "v1" }),
    groupVersion: groupVersion(group, version),
    resources: [...resources, ...unstored(group)],
  };
}

function unstored(group: string): object[] {
  if (group === reviews.group) return reviews.resources;
  if (group !== subresourceGroup) return [];
  return subresourceNames.map((name) => ({ name, singularName: "", namespaced: true, kind: "", verbs: null }));
}

/** Discovery of many groups in one answer (apidiscovery.k8s.io/v2). */
function aggregated(kinds: readonly Served[], groups: readonly Group[]): ApiResponse {
  const items = groups.map(({ name, versions }) => ({
    metadata: name === "" ? {} : { name },
    versions: versions.map((version) => ({
      version,
      resources: [
        ...servedIn(kinds, name, version).map((served) => aggregatedResource(served, version)),
        ...aggregatedUnstored(name),
      ],
      freshness: "Current",
    })),
  }));
  const list = { kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", metadata: {}, items };
  return { ...answer(200, list), headers: { "content-type": aggregatedType } };
}

function aggregatedResource(served: Served, version: string): object {
  // Built-in kinds leave group and version of their own kind empty here, as the real server does.
  const own = served.custom ? { group: served.group, version } : { group: "", version: "" };
  return {
    resource: served.plural,
    responseKind: { ...own, kind: served.kind },
    scope: served.namespaced ? "Namespaced" : "Cluster",
    singularResource: served.singular,
    verbs: served.verbs,
    ...(served.shortNames.length > 0 && { shortNames: served.shortNames }),
    ...(served.categories.length > 0 && { categories: served.categories }),
    ...(served.subresources.length > 0 && {
      subresources: served.subresources.map(({ name, verbs, kind }) => ({
        subresource: name,
        responseKind: { ...own, kind: served.kind, ...kind },
        verbs,
      })),
    }),
  };
}

function aggregatedUnstored(group: string): object[] {
  const responseKind = { group: "", version: "", kind: "" };
  if (group === reviews.group) {
    return reviews.resources.map(({ name, singularName, kind, verbs }) => ({
      resource: name,
      responseKind: { ...responseKind, kind },
      scope: "Cluster",
      singularResource: singularName,
      verbs,
    }));
  }
  if (group !== subresourceGroup) return [];
  const parents = new Map<string, string[]>();
  for (const name of subresourceNames) {
    const [parent = "", ...subresource] = name.split("/");
    parents.set(parent, [...(parents.get(parent) ?? []), ...(subresource.length > 0 ? [subresource.join("/")] : [])]);
  }
  return [...parents].map(([resource, subresources]) => ({
    resource,
    responseKind,
    scope: "Namespaced",
    singularResource: "",
    verbs: null,
    ...(subresources.length > 0 && {
      subresources: subresources.map((subresource) => ({ subresource, responseKind, verbs: null })),
    }),
  }));
}
