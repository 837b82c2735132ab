import type { KubeObject } from "../../kube/objects.ts";
import { admit } from "../api/admission/admit.ts";
import type { World } from "../world.ts";

/** An object as its creator writes it: what the API server fills in is missing. */
export type NewObject<T extends KubeObject> = Omit<T, "metadata"> & { metadata: Partial<T["metadata"]> };

/** Creates an object as KubeVirt's controllers do: through admission. Throws a StatusError where it is refused. */
export function createAdmitted<T extends KubeObject>(world: World, resource: string, object: NewObject<T>): T {
  return world.store.create<T>(resource, admit<T>(world, resource, object as T));
}
