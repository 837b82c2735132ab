import type { KubeObject } from "../kube/objects.ts";
import { pathOf, type Resource } from "../kube/resources.ts";
import { isExpired } from "./api-error.ts";
import type { ListOptions } from "./kube-client.ts";

/** Objects per answer; a cluster may hold thousands. */
const pageSize = 500;

interface ListAnswer {
  metadata: { resourceVersion: string; continue?: string };
  items: KubeObject[] | null;
}

/** A consistent list and the version from which a watch may go on. */
export interface Listed {
  items: KubeObject[];
  resourceVersion: string;
}

/**
 * Lists page by page. The server sends items without their kind; here they have it. Where the list expires
 * between two pages it begins anew.
 */
export async function listPages(
  get: (path: string) => Promise<unknown>,
  resource: Resource,
  options: ListOptions = {},
): Promise<Listed> {
  const apiVersion = resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
  const items: KubeObject[] = [];
  let token: string | undefined;
  for (;;) {
    const query = { limit: String(pageSize), ...(token !== undefined && { continue: token }) };
    let page: ListAnswer;
    try {
      page = (await get(collectionPath(resource, options, query))) as ListAnswer;
    } catch (error) {
      if (token === undefined || !isExpired(error)) throw error;
      token = undefined;
      items.length = 0;
      continue;
    }
    for (const item of page.items ?? []) items.push({ ...item, apiVersion, kind: resource.kind });
    token = page.metadata.continue || undefined;
    if (token === undefined) return { items, resourceVersion: page.metadata.resourceVersion };
  }
}

/** The path of a collection with its selectors and further query parameters. */
export function collectionPath(resource: Resource, options: ListOptions, query: Record<string, string>): string {
  const parameters = new URLSearchParams(query);
  if (options.labelSelector !== undefined) parameters.set("labelSelector", options.labelSelector);
  if (options.fieldSelector !== undefined) parameters.set("fieldSelector", options.fieldSelector);
  return `${pathOf(resource, options.namespace)}?${parameters.toString()}`;
}
