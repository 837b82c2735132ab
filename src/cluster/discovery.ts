import { UsageError } from "../errors.ts";
import type { Resource } from "../kube/resources.ts";
import { isNotFound } from "./api-error.ts";

interface ResourceList {
  resources: { name: string; kind: string; namespaced: boolean }[];
}

/** Where the API server keeps objects of that kind; throws `UsageError` where it knows no such kind. */
export async function discover(
  get: (path: string) => Promise<ResourceList>,
  apiVersion: string,
  kind: string,
): Promise<Resource> {
  const [group, version] = apiVersion.includes("/") ? apiVersion.split("/", 2) : ["", apiVersion];
  const known = await get(group === "" ? `/api/${version!}` : `/apis/${apiVersion}`).catch((error: unknown) => {
    if (isNotFound(error)) return { resources: [] };
    throw error;
  });
  const found = known.resources.find((resource) => resource.kind === kind && !resource.name.includes("/"));
  if (found === undefined) throw new UsageError(`the cluster knows no kind ${kind} in ${apiVersion}`);
  return { group: group!, version: version!, plural: found.name, kind, namespaced: found.namespaced };
}
