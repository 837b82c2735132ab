import type { Grant, Verb } from "../../src/kube/permission.ts";

/** A request as RBAC sees it; null for what everybody may read. */
export function grantFor(method: string, path: string): Grant | null {
  const url = new URL(path, "http://server");
  const [, api, ...rest] = url.pathname.split("/");
  const [group = "", , ...parts] = api === "api" ? ["", ...rest] : rest;
  const isIn = parts[0] === "namespaces" && parts.length > 2;
  const namespace = isIn ? parts[1]! : null;
  const [plural, name, ...subresource] = isIn ? parts.slice(2) : parts;
  if (plural === undefined || !["api", "apis"].includes(api!)) return null;
  const reading: Verb = name !== undefined ? "get" : url.searchParams.get("watch") === "true" ? "watch" : "list";
  const verbs: Record<string, Verb> = { GET: reading, POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  return { group, resource: [plural, ...subresource].join("/"), verb: verbs[method]!, namespace };
}
