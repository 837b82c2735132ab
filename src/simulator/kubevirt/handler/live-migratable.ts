import type { Condition, Node, VirtualMachineInstance } from "../../../kube/objects.ts";
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

interface Disk {
  name: string;
  cdrom?: { readonly?: boolean };
  disk?: { readonly?: boolean };
  lun?: { readonly?: boolean; reservation?: boolean };
}

type Obstacle = [reason: string, message: string] | undefined;

/**
 * Whether a VMI could be migrated live, with the first reason why not
 * (virt-handler/vm.go: calculateLiveMigrationCondition).
 */
export function liveMigratable(vmi: VirtualMachineInstance, store: Store): Condition {
  for (const find of [...machineObstacles, diskObstacle]) {
    const obstacle = find(vmi, store);
    if (obstacle !== undefined) return conditionOf("LiveMigratable", ...obstacle);
  }
  return conditionOf("LiveMigratable");
}

/**
 * Whether it could be migrated with its disks copied along, with every reason why not
 * (vm.go: calculateStorageLiveMigrationCondition).
 */
export function storageLiveMigratable(vmi: VirtualMachineInstance, store: Store): Condition {
  const obstacles = machineObstacles.flatMap((find) => {
    const obstacle = find(vmi, store);
    return obstacle === undefined ? [] : `${obstacle[0]}: ${obstacle[1]}`;
  });
  if (obstacles.length === 0) return conditionOf("StorageLiveMigratable");
  return conditionOf("StorageLiveMigratable", "NotMigratable", obstacles.join(", "));
}

/** Disks of the node's own that the guest may write have to be copied with the memory (vm.go: checkVolumesForMigration). */
export function migrationMethod(vmi: VirtualMachineInstance): "BlockMigration" | "LiveMigration" {
  const filesystems = (vmi.spec.domain.devices["filesystems"] ?? []) as { name: string }[];
  const copied = (vmi.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(volume) !== undefined) return false;
    if (volume["hostDisk"] !== undefined) return !isShared(volume);
    if (filesystems.some(({ name }) => name === volume.name)) return false;
    return !disksOf(vmi).some((disk) => disk.name === volume.name && isReadOnly(disk));
  });
  return copied ? "BlockMigration" : "LiveMigration";
}

function conditionOf(type: string, reason?: string, message?: string): Condition {
  const common = { lastProbeTime: null, lastTransitionTime: null, type };
  if (reason === undefined || message === undefined) return { ...common, status: "True" };
  return { ...common, message, reason, status: "False" };
}

/** All but disks, in the order in which they are looked for. */
const machineObstacles: ((vmi: VirtualMachineInstance, store: Store) => Obstacle)[] = [
  bridgeObstacle,
  cpuObstacle,
  hostDeviceObstacle,
  launchSecurityObstacle,
  reservationObstacle,
  clockObstacle,
  hypervObstacle,
];

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

/** A guest with its node's CPU needs a node that says what CPU that is. */
function cpuObstacle(vmi: VirtualMachineInstance, store: Store): Obstacle {
  if (vmi.spec.domain.cpu?.model !== "host-model" || vmi.status.nodeName === undefined) return;
  const node = store.get<Node>("nodes", undefined, vmi.status.nodeName);
  const labels = Object.keys(node?.metadata.labels ?? {});
  if (labels.some((label) => label.startsWith("host-model-cpu.node.kubevirt.io/"))) return;
  return ["CPUModeLiveMigratable", `the node "${vmi.status.nodeName}" does not allow migration with host-model`];
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

function reservationObstacle(vmi: VirtualMachineInstance): Obstacle {
  if (!disksOf(vmi).some(({ lun }) => lun?.reservation === true)) return;
  return ["PersistentReservationNotLiveMigratable", "VMI uses SCSI persistent reservation"];
}

/** The model's nodes do not say how fast their time-stamp counters run, as those of a kind cluster do not. */
function clockObstacle(vmi: VirtualMachineInstance): Obstacle {
  const { reenlightenment } = (vmi.spec.domain.features?.["hyperv"] ?? {}) as { reenlightenment?: Switch };
  if (!isOn(reenlightenment)) return;
  return [
    "NoTSCFrequencyNotLiveMigratable",
    "HyperV Reenlightenment VMIs cannot migrate when TSC Frequency is not exposed on the cluster: guest timers might be inconsistent",
  ];
}

function hypervObstacle(vmi: VirtualMachineInstance): Obstacle {
  if (!isOn(vmi.spec.domain.features?.["hypervPassthrough"] as Switch | undefined)) return;
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
    if (volume["hostDisk"] !== undefined && !isShared(volume)) {
      return ["DisksNotLiveMigratable", "cannot migrate VMI with non-shared HostDisk"];
    }
  }
  return undefined;
}

interface Switch {
  enabled?: boolean;
}

/** A feature that is named is on, unless it says otherwise. */
function isOn(feature: Switch | undefined): boolean {
  return feature !== undefined && feature.enabled !== false;
}

function isShared(volume: Record<string, unknown>): boolean {
  return (volume["hostDisk"] as { shared?: boolean }).shared === true;
}

function disksOf(vmi: VirtualMachineInstance): Disk[] {
  return (vmi.spec.domain.devices["disks"] ?? []) as Disk[];
}

/** A CD is read-only unless it says otherwise. */
function isReadOnly({ cdrom, disk, lun }: Disk): boolean {
  if (cdrom !== undefined) return cdrom.readonly !== false;
  return (disk ?? lun)?.readonly === true;
}
