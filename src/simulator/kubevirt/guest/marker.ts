import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Random } from "../../random.ts";
import { claimNameOf } from "../claims.ts";

/**
 * The marker that a guest keeps on its most lasting disk. What is written to a claim outlives the VMI; the writable
 * layer over a container's disk, or over a claim that is mounted as `ephemeral`, lives and moves with its qemu.
 */
export function markerOf({ metadata, spec }: VirtualMachineInstance, random: Random): string | null {
  const { namespace = "default", uid } = metadata;
  const volumes = spec.volumes ?? [];
  const lasting = volumes.find((volume) => claimNameOf(volume) !== undefined);
  if (lasting !== undefined) {
    return `${lasting.name}/${random.uuid(`${namespace}/${claimNameOf(lasting)!}`, "marker", 0)}`;
  }
  const passing = volumes.find((volume) => volume["containerDisk"] !== undefined || volume["ephemeral"] !== undefined);
  return passing === undefined ? null : `${passing.name}/${random.uuid(uid, "marker", 0)}`;
}
