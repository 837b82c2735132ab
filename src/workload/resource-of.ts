import { UsageError } from "../errors.ts";
import type { Manifest } from "../kube/objects.ts";
import * as resources from "../kube/resources.ts";
import type { Resource } from "../kube/resources.ts";

const known = Object.values(resources).filter(
  (value): value is Resource => typeof value === "object" && "plural" in value,
);

/** Where the API server keeps a manifest's kind; a `UsageError` for kinds that Rebound does not deploy. */
export function resourceOf(manifest: Pick<Manifest, "apiVersion" | "kind">): Resource {
  const group = manifest.apiVersion.includes("/") ? manifest.apiVersion.split("/")[0]! : "";
  const found = known.find((resource) => resource.kind === manifest.kind && resource.group === group);
  if (found === undefined) {
    const kinds = known.map((resource) => resource.kind).sort();
    throw new UsageError(
      `${manifest.apiVersion} ${manifest.kind} is not a kind that Rebound deploys (it knows ${kinds.join(", ")})`,
    );
  }
  return { ...found, version: manifest.apiVersion.split("/").at(-1)! };
}
