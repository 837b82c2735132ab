import type { Probe, VirtualMachineInstance, VmiSpec } from "../../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../../kube/quantity.ts";
import { defaultEvictionStrategy } from "../../kubevirt/configuration.ts";
import type { World } from "../../world.ts";
import { devicesOf } from "./instance-spec.ts";
import type { Disk } from "./instance-spec.ts";

/** Room for CPUs and memory to be plugged in later (virt-config: DefaultMaxHotplugRatio). */
const hotplugRatio = 4;
/** Memory that can be plugged in comes in blocks of 2 MiB, for guests of at least 1 GiB (pkg/liveupdate/memory). */
const hotplugBlockBytes = 0x20_0000;
const hotplugLeastBytes = 0x4000_0000;
const mostVcpus = 512;

/** Defaults that decide what an instance is validated as (pkg/defaults: SetDefaultVirtualMachineInstanceSpec). */
export function setSpecDefaults(spec: VmiSpec, world: World): void {
  const { domain } = spec;
  spec["architecture"] ??= "amd64";
  domain["machine"] = { type: "q35", ...(domain["machine"] as object | undefined) };
  setCpuRequest(spec);
  setGuestMemory(spec);
  setTopology(spec);
  for (const volume of spec.volumes ?? []) setPullPolicy(volume["containerDisk"] as ContainerDisk | undefined);
  spec.evictionStrategy ??= defaultEvictionStrategy(world);
  setDefaultNetwork(spec);
  setDisksOfVolumes(spec);
}

/** Everything else a new instance is given, its first status included (pkg/defaults, vmi-mutator.go). */
export function setInstanceDefaults(world: World, vmi: VirtualMachineInstance): void {
  const { spec, metadata } = vmi;
  const { domain } = spec;
  const devices = devicesOf(spec);
  setSpecDefaults(spec, world);
  domain["firmware"] = {
    uuid: world.random.uuid("firmware", metadata.namespace ?? "", metadata.name, world.store.resourceVersion),
    ...(domain["firmware"] as object | undefined),
  };
  domain.features = { ...domain.features, acpi: { enabled: true, ...domain.features?.acpi } };
  for (const disk of devices.disks ?? []) setDiskTarget(disk);
  for (const input of devices.inputs ?? []) {
    input.bus ??= "usb";
    input.type ??= "tablet";
  }
  if (devices.watchdog !== undefined) devices.watchdog.i6300esb = { action: "reset", ...devices.watchdog.i6300esb };
  for (const probe of [spec.livenessProbe, spec.readinessProbe]) if (probe !== undefined) setProbeDefaults(probe);
  domain.cpu = { model: "host-model", ...domain.cpu };
  setHotplugRoom(spec);
  metadata.annotations = { "kubevirt.io/pci-topology-version": "v3", ...metadata.annotations };
  metadata.finalizers = [...(metadata.finalizers ?? []), "kubevirt.io/foregroundDeleteVirtualMachine"];
  setFirstStatus(world, vmi);
}

function setFirstStatus(world: World, vmi: VirtualMachineInstance): void {
  const { cpu, memory } = vmi.spec.domain;
  const guest = memory?.guest;
  vmi.status = {
    ...vmi.status,
    currentCPUTopology: { cores: cpu?.cores, sockets: cpu?.sockets, threads: cpu?.threads },
    guestOSInfo: {},
    ...(guest !== undefined && { memory: { guestAtBoot: guest, guestCurrent: guest, guestRequested: guest } }),
    phase: "Pending",
    phaseTransitionTimestamps: [{ phase: "Pending", phaseTransitionTimestamp: world.clock.stamp() }],
    runtimeUser: 107,
  };
}

function setCpuRequest({ domain }: VmiSpec): void {
  const limit = domain.resources?.limits?.["cpu"];
  if (limit === undefined || domain.resources?.requests?.["cpu"] !== undefined) return;
  domain.resources = { ...domain.resources, requests: { ...domain.resources?.requests, cpu: limit } };
}

function setGuestMemory({ domain }: VmiSpec): void {
  if (domain.memory?.guest !== undefined) return;
  const pages = (domain.memory?.["hugepages"] as { pageSize?: string } | undefined)?.pageSize;
  const guest = domain.resources?.requests?.["memory"] ?? domain.resources?.limits?.["memory"] ?? pages;
  domain.memory = { ...domain.memory, ...(guest !== undefined && { guest }) };
}

function setTopology({ domain }: VmiSpec): void {
  const { cores, sockets, threads } = domain.cpu ?? {};
  if (cores || sockets || threads) return;
  const cpus = domain.resources?.limits?.["cpu"] ?? domain.resources?.requests?.["cpu"] ?? "1";
  domain.cpu = { ...domain.cpu, cores: 1, sockets: quantityValue(cpus), threads: 1 };
}

interface ContainerDisk {
  image: string;
  imagePullPolicy?: string;
}

function setPullPolicy(disk: ContainerDisk | undefined): void {
  if (disk === undefined || disk.imagePullPolicy) return;
  const floating = disk.image.endsWith(":latest") || !/[:@]/.test(disk.image);
  disk.imagePullPolicy = floating ? "Always" : "IfNotPresent";
}

/** A pod network with its interface, for a VM that names none. */
export function setDefaultNetwork(spec: VmiSpec): void {
  const devices = devicesOf(spec);
  if (devices.autoattachPodInterface === false) return;
  if ((spec.networks ?? []).length > 0 || (devices.interfaces ?? []).length > 0) return;
  devices.interfaces = [{ name: "default", bridge: {} }];
  spec.networks = [{ name: "default", pod: {} }];
}

/** A disk for every volume that has none. */
export function setDisksOfVolumes(spec: VmiSpec): void {
  const devices = devicesOf(spec);
  const known = new Set([...(devices.disks ?? []), ...(devices.filesystems ?? [])].map(({ name }) => name));
  const missing = (spec.volumes ?? []).filter(({ name }) => !known.has(name));
  if (missing.length > 0) devices.disks = [...(devices.disks ?? []), ...missing.map(({ name }) => ({ name }))];
}

function setDiskTarget(disk: Disk): void {
  if (disk.disk === undefined && disk.cdrom === undefined && disk.lun === undefined) disk.disk = {};
  for (const target of [disk.disk, disk.cdrom, disk.lun]) if (target !== undefined) target.bus ??= "sata";
  if (disk.cdrom === undefined) return;
  disk.cdrom.readonly ??= true;
  disk.cdrom.tray ??= "closed";
}

function setProbeDefaults(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
}

function setHotplugRoom({ domain, ...spec }: VmiSpec): void {
  const { cores = 1, sockets = 1, threads = 1 } = domain.cpu ?? {};
  if (domain.cpu !== undefined && !domain.cpu["maxSockets"]) {
    const room = sockets * hotplugRatio;
    const most = Math.max(Math.floor(mostVcpus / (cores * threads)), sockets);
    domain.cpu["maxSockets"] = room * cores * threads > mostVcpus ? most : room;
  }
  const guest = domain.memory?.guest;
  if (guest === undefined || domain.memory?.["maxGuest"] !== undefined) return;
  const bytes = quantityValue(guest);
  const pluggable =
    spec["architecture"] === "amd64" &&
    bytes >= hotplugLeastBytes &&
    bytes % hotplugBlockBytes === 0 &&
    domain["launchSecurity"] === undefined &&
    domain.cpu?.["realtime"] === undefined;
  if (pluggable) domain.memory = { ...domain.memory, maxGuest: bytesQuantity(bytes * hotplugRatio) };
}
