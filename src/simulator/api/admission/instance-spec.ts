import type { VmiSpec } from "../../../kube/objects.ts";
import { canonicalQuantity } from "../../../kube/quantity.ts";

/** The parts of an instance's devices that admission looks at. */
export interface Devices {
  disks?: Disk[];
  filesystems?: { name: string }[];
  interfaces?: Interface[];
  inputs?: { bus?: string; type?: string; name?: string }[];
  autoattachPodInterface?: boolean;
  watchdog?: { name?: string; i6300esb?: { action?: string }; diag288?: object };
  panicDevices?: { model?: string }[];
}

export interface Disk {
  name: string;
  disk?: { bus?: string };
  cdrom?: { bus?: string; readonly?: boolean; tray?: string };
  lun?: { bus?: string };
  bootOrder?: number;
  [field: string]: unknown;
}

export interface Interface {
  name: string;
  bridge?: object;
  masquerade?: object;
  sriov?: object;
  passtBinding?: object;
  binding?: object;
  model?: string;
  bootOrder?: number;
  ports?: { name?: string; port: number; protocol?: string }[];
  [field: string]: unknown;
}

export interface Network {
  name: string;
  pod?: object;
  multus?: { networkName?: string; default?: boolean };
  [field: string]: unknown;
}

/** An instance's devices, typed. */
export function devicesOf(spec: VmiSpec): Devices {
  return spec.domain.devices;
}

/** An instance's networks, typed. */
export function networksOf(spec: VmiSpec): Network[] {
  return spec.networks ?? [];
}

/** Writes every quantity as the API server would; throws the API machinery's sentence for what is none. */
export function canonicalise(spec: VmiSpec): void {
  const { resources, memory } = spec.domain;
  for (const list of [resources?.requests, resources?.limits]) {
    for (const name in list) list[name] = canonicalQuantity(list[name]!);
  }
  if (memory === undefined) return;
  if (memory.guest !== undefined) memory.guest = canonicalQuantity(memory.guest);
  if (memory["maxGuest"] !== undefined) memory["maxGuest"] = canonicalQuantity(memory["maxGuest"] as string);
}

/** The counts that Go reads as uint32: the sentence for one that is negative, or undefined. */
export function unreadableCount(spec: VmiSpec, go: string): string | undefined {
  const { cpu = {} } = spec.domain;
  for (const name of ["cores", "maxSockets", "sockets", "threads"]) {
    const value = cpu[name];
    if (typeof value === "number" && value < 0) {
      return `json: cannot unmarshal number ${value} into Go struct field ${go}.domain.cpu.${name} of type uint32`;
    }
  }
  return undefined;
}
