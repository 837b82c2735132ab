import { vmiSpecOf, type Variant } from "./variant.ts";

/** The images that a variant's VMIs ask of their nodes: of container disks and kernels; nothing else in a VMI's spec is called `image`. */
export function imagesOf(variant: Pick<Variant, "kind" | "manifests">): string[] {
  const found = new Set<string>();
  JSON.stringify(vmiSpecOf(variant), (key, part: unknown) => {
    if (key === "image" && typeof part === "string") found.add(part);
    return part;
  });
  return [...found];
}
