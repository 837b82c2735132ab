import { defaultGuestImage } from "./guest.ts";
import type { Variant } from "./variant.ts";

/** The same variant with another image in the place of the default guest's; other images of it stay. */
export function bootedFrom(image: string, variant: Variant): Variant {
  return { ...variant, manifests: variant.manifests.map((manifest) => replaced(manifest, image)) };
}

function replaced<T>(value: T, image: string): T {
  return JSON.parse(JSON.stringify(value), (_, part: unknown) => (part === defaultGuestImage ? image : part)) as T;
}
