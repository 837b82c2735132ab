import type { Condition, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Store } from "../../store.ts";
import type { Claim } from "../../controllers/claims.ts";
import { claimNameOf } from "../claims.ts";
import { annotations } from "../names.ts";

interface Interface {
  name: string;
  bridge?: object;
  masquerade?: object;
  binding?: { name: string };
}

const migratable: Condition = { lastProbeTime: null, lastTransitionTime: null, status: "True", type: "LiveMigratable" };

/**
 * Whether a VMI could be migrated live, with the first reason why not
 * (virt-handler/vm.go: calculateLiveMigrationCondition).
 */
export function liveMigratable(vmi: VirtualMachineInstance, store: Store): Condition {
  const obstacle =
    bridgeObstacle(vmi) ??
    hostDeviceObstacle(vmi) ??
    launchSecurityObstacle(vmi) ??
    hypervObstacle(vmi) ??
    diskObstacle(vmi, store);
  if (obstacle === undefined) return migratable;
  const [reason, message] = obstacle;
  return { lastProbeTime: null, lastTransitionTime: null, message, reason, status: "False", type: "LiveMigratable" };
}

/** Whether its storage alone would allow it; an obstacle of another kind counts too. */
export function storageLiveMigratable(whole: Condition): Condition {
  if (whole.status === "True") return { ...migratable, type: "StorageLiveMigratable" };
  return {
    ...whole,
    message: `${whole.reason}: ${whole.message}`,
    reason: "NotMigratable",
    type: "StorageLiveMigratable",
  };
}

/** Local disks have to be copied with the memory. */
export function migrationMethod(vmi: VirtualMachineInstance): "BlockMigration" | "LiveMigration" {
  const copied = (vmi.spec.volumes ?? []).some((volume) =>
    ["containerDisk", "emptyDisk", "cloudInitNoCloud", "cloudInitConfigDrive", "hostDisk"].some(
      (source) => volume[source] !== undefined,
    ),
  );
  return copied ? "BlockMigration" : "LiveMigration";
}

type Obstacle = [reason: string, message: string] | undefined;

function bridgeObstacle(vmi: VirtualMachineInstance): Obstacle {
  const podNetwork = vmi.spec.networks?.find((network) => network["pod"] !== undefined);
  if (podNetwork === undefined || vmi.metadata.annotations?.[annotations.allowBridgeMigration] !== undefined) return;
  const interfaces = (vmi.spec.domain.devices["interfaces"] ?? []) as Interface[];
  const onPodNetwork = interfaces.find((one) => one.name === podNetwork.name);
  if (onPodNetwork?.masquerade !== undefined || onPodNetwork?.binding !== undefined) return;
  return [
    "InterfaceNotLiveMigratable",
    "cannot migrate VMI which does not use masquerade or a migratable plugin to connect to the pod network",
  ];
}

function hostDeviceObstacle(vmi: VirtualMachineInstance): Obstacle {
  const { hostDevices, gpus } = vmi.spec.domain.devices as { hostDevices?: unknown[]; gpus?: unknown[] };
  if ((hostDevices ?? []).length + (gpus ?? []).length === 0) return;
  return ["HostDeviceNotLiveMigratable", "VMI uses a PCI host devices"];
}

function launchSecurityObstacle(vmi: VirtualMachineInstance): Obstacle {
  const security = vmi.spec.domain["launchSecurity"] as Record<string, unknown> | undefined;
  if (security === undefined) return;
  if (security["tdx"] !== undefined) return ["TDXNotLiveMigratable", "VMI uses TDX"];
  if (security["sev"] !== undefined || security["snp"] !== undefined) return ["SEVNotLiveMigratable", "VMI uses SEV"];
  return ["SecureExecutionNotLiveMigratable", "VMI uses Secure Execution"];
}

function hypervObstacle(vmi: VirtualMachineInstance): Obstacle {
  if (vmi.spec.domain.features?.["hypervPassthrough"] === undefined) return;
  return ["HypervPassthroughNotLiveMigratable", "VMI uses hyperv passthrough"];
}

function diskObstacle(vmi: VirtualMachineInstance, store: Store): Obstacle {
  for (const volume of vmi.spec.volumes ?? []) {
    const name = claimNameOf(volume);
    if (name !== undefined) {
      const claim = store.get<Claim>("persistentvolumeclaims", vmi.metadata.namespace, name);
      if (claim?.spec?.accessModes?.includes("ReadWriteMany") === true) continue;
      return [
        "DisksNotLiveMigratable",
        `cannot migrate VMI: PVC ${name} is not shared, live migration requires that all PVCs must be shared (using ReadWriteMany access mode)`,
      ];
    }
    const hostDisk = volume["hostDisk"] as { shared?: boolean } | undefined;
    if (hostDisk !== undefined && hostDisk.shared !== true) {
      return ["DisksNotLiveMigratable", "cannot migrate VMI with non-shared HostDisk"];
    }
  }
  return undefined;
}
