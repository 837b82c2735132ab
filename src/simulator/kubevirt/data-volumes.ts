import type { KubeObject } from "../../kube/objects.ts";
import { WorkQueue } from "../controller.ts";
import type { World } from "../world.ts";
import type { Claim } from "../controllers/claims.ts";
import { createAdmitted } from "./create.ts";

/** A CDI DataVolume, narrowed to what the model makes of it. */
export interface DataVolume extends KubeObject {
  spec: { pvc?: object; storage?: object; [field: string]: unknown };
  status?: { phase?: string; progress?: string; claimName?: string };
}

const resource = "datavolumes";
const claims = "persistentvolumeclaims";

/**
 * CDI as far as VMs wait for it: every DataVolume gets a claim of its name and is done with that. What would be
 * imported into it, and how long that takes, is not modelled.
 */
export function startDataVolumes(world: World): void {
  const { store } = world;
  const queue = new WorkQueue(world, "data volumes", "kube-controller-manager", (key) => {
    const [namespace, name] = key.split("/") as [string, string];
    const dataVolume = store.get<DataVolume>(resource, namespace, name);
    if (dataVolume === undefined || dataVolume.status?.phase === "Succeeded") return;
    if (store.get(claims, namespace, name) === undefined) createAdmitted<Claim>(world, claims, claimOf(dataVolume));
    store.mutate<DataVolume>(resource, namespace, name, (draft) => {
      draft.status = { claimName: name, phase: "Succeeded", progress: "100.0%" };
    });
  });
  store.subscribe(({ resource: changed, object }) => {
    if (changed === resource) queue.add(`${object.metadata.namespace}/${object.metadata.name}`);
  });
}

function claimOf({ apiVersion, kind, metadata, spec }: DataVolume) {
  const { name, namespace, uid } = metadata;
  const wanted = (spec.pvc ?? spec.storage ?? {}) as { accessModes?: string[] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      ownerReferences: [{ apiVersion, blockOwnerDeletion: true, controller: true, kind, name, uid }],
    },
    spec: { ...wanted, accessModes: wanted.accessModes ?? ["ReadWriteOnce"] },
    status: { phase: "Pending" as const },
  };
}
