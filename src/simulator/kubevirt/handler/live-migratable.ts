import type { Condition, KubeObject, Node, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Store } from "../../store.ts";
import type { Claim } from "../../controllers/claims.ts";
import { claimNameOf } from "../claims.ts";
import { annotations } from "../names.ts";

interface Interface {
  name: string;
  bridge?: object;
  masquerade?: object;
  passtBinding?: object;
  binding?: { name: string };
}

/** What of the KubeVirt object's configuration decides what may migrate. */
interface KubeVirt extends KubeObject {
  spec: {
    configuration?: {
      developerConfiguration?: { featureGates?: string[] };
      network?: { binding?: Record<string, { migration?: object }> };
      permittedHostDevices?: { mediatedDevices?: { resourceName: string }[] };
    };
  };
}

interface Disk {
  name: string;
  cdrom?: { readonly?: boolean };
  lun?: { reservation?: boolean };
}

type Obstacle = [reason: string, message: string] | undefined;

/**
 * Whether a VMI could be migrated live, with the first reason why not
 * (virt-handler/vm.go: calculateLiveMigrationCondition).
 */
export function liveMigratable(vmi: VirtualMachineInstance, store: Store): Condition {
  for (const find of [...common, secureExecutionObstacle, ...features, diskObstacle]) {
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
  const obstacles = [...common, reservationObstacle, ...features].flatMap((find) => {
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

type Find = (vmi: VirtualMachineInstance, store: Store) => Obstacle;

/** In the order in which they are looked for; what each kind of migration has of its own comes between them. */
const common: Find[] = [interfaceObstacle, cpuObstacle, hostDeviceObstacle, encryptionObstacle];
const features: Find[] = [clockObstacle, hypervObstacle];

function configurationOf(store: Store): NonNullable<KubeVirt["spec"]["configuration"]> {
  return store.list<KubeVirt>("kubevirts")[0]?.spec.configuration ?? {};
}

/** pkg/network/vmispec: VerifyVMIMigratable. */
function interfaceObstacle(vmi: VirtualMachineInstance, store: Store): Obstacle {
  const reason = "InterfaceNotLiveMigratable";
  const podNetwork = vmi.spec.networks?.find((network) => network["pod"] !== undefined);
  const interfaces = (vmi.spec.domain.devices["interfaces"] ?? []) as Interface[];
  if (podNetwork === undefined || interfaces.length === 0) return;
  const primary = interfaces.find((one) => one.name === podNetwork.name);
  if (primary === undefined) return [reason, `no primary interface found for network ${podNetwork.name}`];
  if (primary.masquerade !== undefined || primary.passtBinding !== undefined) return;
  const { bridge, binding } = primary;
  if (bridge !== undefined && vmi.metadata.annotations?.[annotations.allowBridgeMigration] !== undefined) return;
  if (binding !== undefined && configurationOf(store).network?.binding?.[binding.name]?.migration !== undefined) return;
  return [
    reason,
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

/** vm.go: vmiContainsNonMigratablePCIHostDevices. */
function hostDeviceObstacle(vmi: VirtualMachineInstance, store: Store): Obstacle {
  const reason = "HostDeviceNotLiveMigratable";
  const { hostDevices = [], gpus = [] } = vmi.spec.domain.devices as {
    hostDevices?: unknown[];
    gpus?: { deviceName: string }[];
  };
  if (hostDevices.length > 0) return [reason, "VMI specifies non-migratable generic PCI host device"];
  if (gpus.length > 1) return [reason, "VMI specifies too many GPUs"];
  const [gpu] = gpus;
  if (gpu === undefined) return;
  const { developerConfiguration, permittedHostDevices } = configurationOf(store);
  if (developerConfiguration?.featureGates?.includes("VGPULiveMigration") !== true)
    return [reason, "VMI specifies a GPU but feature gate VGPULiveMigration is not enabled"];
  const mediated = permittedHostDevices?.mediatedDevices ?? [];
  if (mediated.some(({ resourceName }) => resourceName === gpu.deviceName)) return;
  return [reason, "VMI specifies non-migratable GPU device"];
}

function securityOf(vmi: VirtualMachineInstance): Record<string, unknown> | undefined {
  return vmi.spec.domain["launchSecurity"] as Record<string, unknown> | undefined;
}

function encryptionObstacle(vmi: VirtualMachineInstance): Obstacle {
  const { sev, snp, tdx } = securityOf(vmi) ?? {};
  if (sev !== undefined || snp !== undefined) return ["SEVNotLiveMigratable", "VMI uses SEV"];
  return tdx === undefined ? undefined : ["TDXNotLiveMigratable", "VMI uses TDX"];
}

/** On IBM Z any launch security is Secure Execution (pkg/util/s390x.go: IsSecureExecutionVMI). */
function secureExecutionObstacle(vmi: VirtualMachineInstance): Obstacle {
  if (securityOf(vmi) === undefined || vmi.spec["architecture"] !== "s390x") return;
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

/** A CD is read-only unless it says otherwise; of no other disk is that asked (vm.go: isReadOnlyDisk). */
function isReadOnly({ cdrom }: Disk): boolean {
  return cdrom !== undefined && cdrom.readonly !== false;
}
