import type { VmiSpec } from "../../../kube/objects.ts";
import type { PreferenceSpec, PreferredDevices } from "./instancetype-specs.ts";

type Fields = Record<string, unknown>;

/** Fills into a VMI's spec what a preference would have and the VM left open (pkg/instancetype/preference/apply). */
export function applyPreference(spec: VmiSpec, preference: PreferenceSpec): void {
  const { domain } = spec;
  const { cpu, devices, features, machine, clock } = preference;
  for (const feature of cpu?.preferredCPUFeatures ?? []) {
    const present = (domain.cpu?.["features"] ?? []) as { name: string }[];
    if (present.some(({ name }) => name === feature.name)) continue;
    domain.cpu = { ...domain.cpu, features: [...present, structuredClone(feature)] };
  }
  if (devices !== undefined) applyDevices(spec, devices);
  if (features !== undefined) applyFeatures(domain, features);
  applyFirmware(domain, preference.firmware);
  if (machine?.preferredMachineType) {
    domain["machine"] = withDefaults(domain["machine"], { type: machine.preferredMachineType });
  }
  if (clock !== undefined) {
    domain["clock"] = withDefaults(domain["clock"], {
      ...clock.preferredClockOffset,
      ...(clock.preferredTimer !== undefined && { timer: clock.preferredTimer }),
    });
  }
  if (preference.preferredSubdomain !== undefined) spec["subdomain"] ||= preference.preferredSubdomain;
  const { preferredTerminationGracePeriodSeconds: grace } = preference;
  if (grace !== undefined) spec.terminationGracePeriodSeconds ??= grace;
}

/** Preferences for a device's switch: the field of the preference, and that of the devices. */
const switches = [
  ["preferredUseVirtioTransitional", "useVirtioTransitional"],
  ["preferredBlockMultiQueue", "blockMultiQueue"],
  ["preferredNetworkInterfaceMultiQueue", "networkInterfaceMultiqueue"],
  ["preferredRng", "rng"],
  ["preferredTPM", "tpm"],
  ["preferredAutoattachGraphicsDevice", "autoattachGraphicsDevice"],
  ["preferredAutoattachMemBalloon", "autoattachMemBalloon"],
  ["preferredAutoattachPodInterface", "autoattachPodInterface"],
  ["preferredAutoattachSerialConsole", "autoattachSerialConsole"],
  ["preferredAutoattachInputDevice", "autoattachInputDevice"],
] as const;

function applyDevices(spec: VmiSpec, preferred: PreferredDevices): void {
  const devices = spec.domain.devices as Fields;
  for (const [wanted, field] of switches) if (preferred[wanted] !== undefined) devices[field] ??= preferred[wanted];
  // It cannot be told apart from what a user says, so it overrides that.
  if (preferred.preferredDisableHotplug !== undefined) devices["disableHotplug"] = preferred.preferredDisableHotplug;
  const { preferredVideoType, preferredSoundModel, preferredPanicDeviceModel } = preferred;
  if (preferredVideoType !== undefined) devices["video"] = withDefaults(devices["video"], { type: preferredVideoType });
  if (preferredSoundModel && devices["sound"] !== undefined) {
    devices["sound"] = withDefaults(devices["sound"], { model: preferredSoundModel });
  }
  if (preferredPanicDeviceModel !== undefined) {
    const present = (devices["panicDevices"] ?? [{}]) as Fields[];
    devices["panicDevices"] = present.map((one) => withDefaults(one, { model: preferredPanicDeviceModel }));
  }
  for (const disk of (devices["disks"] ?? []) as Fields[]) applyDisk(disk, preferred);
  for (const found of (devices["interfaces"] ?? []) as Fields[]) applyInterface(spec, found, preferred);
  for (const input of (devices["inputs"] ?? []) as Fields[]) {
    if (preferred.preferredInputBus) input["bus"] ||= preferred.preferredInputBus;
    if (preferred.preferredInputType) input["type"] ||= preferred.preferredInputType;
  }
}

function applyDisk(disk: Fields, preferred: PreferredDevices): void {
  if (disk["disk"] === undefined && disk["cdrom"] === undefined && disk["lun"] === undefined) disk["disk"] = {};
  const target = (disk["disk"] ?? disk["cdrom"] ?? disk["lun"]) as Fields;
  const buses = [
    ["disk", preferred.preferredDiskBus],
    ["cdrom", preferred.preferredCdromBus],
    ["lun", preferred.preferredLunBus],
  ] as const;
  for (const [kind, bus] of buses) if (bus && disk[kind] === target) target["bus"] ||= bus;
  if (disk["disk"] === undefined) return;
  if (preferred.preferredDiskBlockSize !== undefined) disk["blockSize"] ??= preferred.preferredDiskBlockSize;
  if (preferred.preferredDiskCache) disk["cache"] ||= preferred.preferredDiskCache;
  if (preferred.preferredDiskIO) disk["io"] ||= preferred.preferredDiskIO;
  const { preferredDiskDedicatedIoThread: dedicated } = preferred;
  if (dedicated !== undefined && target["bus"] === "virtio") disk["dedicatedIOThread"] ??= dedicated;
}

const bindings = ["bridge", "slirp", "masquerade", "sriov", "macvtap", "passt", "passtBinding", "binding"];

function applyInterface(spec: VmiSpec, found: Fields, preferred: PreferredDevices): void {
  if (preferred.preferredInterfaceModel) found["model"] ||= preferred.preferredInterfaceModel;
  const { preferredInterfaceMasquerade: masquerade } = preferred;
  const network = spec.networks?.find(({ name }) => name === found["name"]);
  const bound = bindings.some((binding) => found[binding] !== undefined);
  if (masquerade !== undefined && !bound && network?.["pod"] !== undefined) found["masquerade"] = { ...masquerade };
}

function applyFeatures(domain: VmiSpec["domain"], preferred: Record<string, object | undefined>): void {
  const features = { ...domain.features } as Fields;
  // As it stands in KubeVirt, a preference for ACPI overrides what the VM says.
  if (preferred["preferredAcpi"] !== undefined) features["acpi"] = preferred["preferredAcpi"];
  for (const name of ["Apic", "Kvm", "Pvspinlock", "Smm"]) {
    const wanted = preferred[`preferred${name}`];
    if (wanted !== undefined) features[name.toLowerCase()] ??= wanted;
  }
  const { preferredHyperv } = preferred;
  if (preferredHyperv !== undefined) features["hyperv"] = withDefaults(features["hyperv"], preferredHyperv);
  domain.features = features;
}

function applyFirmware(domain: VmiSpec["domain"], preferred: PreferenceSpec["firmware"]): void {
  if (preferred === undefined) return;
  const firmware = { ...(domain["firmware"] as { bootloader?: { bios?: Fields; efi?: Fields } } | undefined) };
  const bootloader = { ...firmware.bootloader };
  const none = bootloader.bios === undefined && bootloader.efi === undefined;
  if (none && preferred.preferredUseBios === true) bootloader.bios = {};
  else if (none && preferred.preferredEfi !== undefined) bootloader.efi = { ...preferred.preferredEfi };
  else if (none && preferred.preferredUseEfi === true) bootloader.efi = {};
  const { preferredUseBiosSerial, preferredUseSecureBoot } = preferred;
  if (bootloader.bios && preferredUseBiosSerial !== undefined) bootloader.bios["useSerial"] ??= preferredUseBiosSerial;
  if (bootloader.efi && preferred.preferredEfi === undefined && preferredUseSecureBoot !== undefined) {
    bootloader.efi["secureBoot"] ??= preferredUseSecureBoot;
  }
  domain["firmware"] = { ...firmware, bootloader };
}

function withDefaults(present: unknown, defaults: object): Fields {
  return { ...(structuredClone(defaults) as Fields), ...(present as Fields | undefined) };
}
