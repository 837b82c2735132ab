import type { VirtualMachine } from "../../../kube/objects.ts";
import type { Store } from "../../store.ts";
import type { World } from "../../world.ts";
import type { Claim } from "../../controllers/claims.ts";
import { claimNameOf } from "../claims.ts";
import { createAdmitted } from "../create.ts";
import type { DataVolume } from "../data-volumes.ts";
import { apiVersion } from "../names.ts";
import type { StatusFacts } from "./printable-status.ts";

/** Where the storage of a VM stands, for its printed status. */
export function storageOf(store: Store, vm: VirtualMachine): Pick<StatusFacts, "dataVolumes" | "unboundClaim"> {
  const { namespace } = vm.metadata;
  let dataVolumes: StatusFacts["dataVolumes"] = "ready";
  let unboundClaim = false;
  for (const volume of vm.spec.template.spec.volumes ?? []) {
    const dataVolumeName = (volume["dataVolume"] as { name: string } | undefined)?.name;
    if (dataVolumeName !== undefined) {
      const phase = store.get<DataVolume>("datavolumes", namespace, dataVolumeName)?.status?.phase ?? "";
      if (phase === "Failed") dataVolumes = "failed";
      else if (/InProgress|Scheduled|Pending/.test(phase) && dataVolumes === "ready") dataVolumes = "importing";
    }
    const claimName = claimNameOf(volume);
    const claim =
      claimName === undefined ? undefined : store.get<Claim>("persistentvolumeclaims", namespace, claimName);
    if (claim !== undefined && claim.status?.phase !== "Bound") unboundClaim = true;
  }
  return { dataVolumes, unboundClaim };
}

/** Makes the DataVolumes of the VM's templates that are not there yet; answers their names. */
export function createDataVolumes(world: World, vm: VirtualMachine): string[] {
  const { name, namespace, uid } = vm.metadata;
  return (vm.spec.dataVolumeTemplates ?? []).flatMap((template) => {
    const wanted = template.metadata.name!;
    if (world.store.get("datavolumes", namespace, wanted) !== undefined) return [];
    createAdmitted<DataVolume>(world, "datavolumes", {
      apiVersion: "cdi.kubevirt.io/v1beta1",
      kind: "DataVolume",
      metadata: {
        ...template.metadata,
        ...(namespace !== undefined && { namespace }),
        ownerReferences: [
          { apiVersion, blockOwnerDeletion: true, controller: true, kind: "VirtualMachine", name, uid },
        ],
      },
      spec: template["spec"] as DataVolume["spec"],
    });
    return [wanted];
  });
}

/** What the snapshot controller says of each volume of a cluster that has no snapshot class. */
export function snapshotStatuses(vm: VirtualMachine): object[] {
  return (vm.spec.template.spec.volumes ?? []).map((volume) => ({
    enabled: false,
    name: volume.name,
    reason:
      claimNameOf(volume) === undefined
        ? `Snapshot is not supported for this volumeSource type [${volume.name}]`
        : "No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass",
  }));
}
