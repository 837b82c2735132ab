import type { PlannedVariant } from "../experiment/plan.ts";
import type { VmiSpec } from "../kube/objects.ts";
import { vmiSpecOf } from "./variant.ts";

type Described = Pick<PlannedVariant, "kind" | "manifests">;

/**
 * Why it can never be migrated live, by KubeVirt's own reason, in the order in which it looks for them (virt-handler:
 * calculateLiveMigrationCondition); null where nothing in its manifests says so.
 */
export function migrationObstacle(variant: Described): string | null {
  const spec = vmiSpecOf(variant);
  const { devices, features } = spec.domain;
  const { hostDevices = [], gpus = [] } = devices as { hostDevices?: unknown[]; gpus?: unknown[] };
  const { sev, snp, tdx } = (spec.domain["launchSecurity"] ?? {}) as Record<string, unknown>;
  if (!isNetworkMovable(spec)) return "InterfaceNotLiveMigratable";
  if (hostDevices.length + gpus.length > 0) return "HostDeviceNotLiveMigratable";
  if (sev !== undefined || snp !== undefined) return "SEVNotLiveMigratable";
  if (tdx !== undefined) return "TDXNotLiveMigratable";
  if (spec.domain["launchSecurity"] !== undefined && spec["architecture"] === "s390x")
    return "SecureExecutionNotLiveMigratable";
  const { reenlightenment } = (features?.["hyperv"] ?? {}) as { reenlightenment?: Switch };
  if (isOn(reenlightenment)) return "NoTSCFrequencyNotLiveMigratable";
  if (isOn(features?.["hypervPassthrough"] as Switch | undefined)) return "HypervPassthroughNotLiveMigratable";
  return areDisksShared(variant, spec) ? null : "DisksNotLiveMigratable";
}

interface Switch {
  enabled?: boolean;
}

/** A feature that is named is on, unless it says otherwise. */
function isOn(feature: Switch | undefined): boolean {
  return feature !== undefined && feature.enabled !== false;
}

/** Whether its interface on the pod network may change its node; of a plugin that is assumed. */
function isNetworkMovable({ domain, networks = [] }: VmiSpec): boolean {
  const podNetwork = networks.find((network) => "pod" in network)?.name;
  const interfaces = (domain.devices["interfaces"] ?? []) as Record<string, unknown>[];
  const primary = interfaces.find(({ name }) => name === podNetwork);
  return primary === undefined || ["masquerade", "passtBinding", "binding"].some((binding) => binding in primary);
}

function areDisksShared({ manifests }: Described, { volumes = [] }: VmiSpec): boolean {
  const shared = manifests.flatMap(({ kind, metadata, spec }) => {
    const { accessModes = [] } = (spec ?? {}) as { accessModes?: string[] };
    return kind === "PersistentVolumeClaim" && accessModes.includes("ReadWriteMany") ? [metadata.name] : [];
  });
  return volumes.every((volume) => {
    const claim = volume["persistentVolumeClaim"] as { claimName: string } | undefined;
    const hostDisk = volume["hostDisk"] as { shared?: boolean } | undefined;
    return (claim === undefined || shared.includes(claim.claimName)) && (hostDisk?.shared ?? true);
  });
}
