import type { KubeObject } from "../../kube/objects.ts";

/** A PersistentVolumeClaim, narrowed to what decides about a VM. */
export interface Claim extends KubeObject {
  spec?: { accessModes?: string[]; storageClassName?: string; volumeName?: string; [field: string]: unknown };
  status?: { phase?: "Pending" | "Bound" | "Lost" };
}

/** The claim behind a volume: its own, or that of its DataVolume, which has the same name. */
export function claimNameOf(volume: Record<string, unknown>): string | undefined {
  const claim = volume["persistentVolumeClaim"] as { claimName: string } | undefined;
  const dataVolume = volume["dataVolume"] as { name: string } | undefined;
  return claim?.claimName ?? dataVolume?.name;
}
