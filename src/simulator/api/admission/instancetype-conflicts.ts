import type { VirtualMachine, VmiSpec } from "../../../kube/objects.ts";
import { quantityValue } from "../../../kube/quantity.ts";
import { findInstancetype, findPreference } from "../../kubevirt/virtual-machine/instancetype.ts";
import { preferredTopology, spreadOptions } from "../../kubevirt/virtual-machine/instancetype-specs.ts";
import type { InstancetypeSpec, PreferenceSpec } from "../../kubevirt/virtual-machine/instancetype-specs.ts";
import { SyncError } from "../../kubevirt/sync-error.ts";
import type { World } from "../../world.ts";
import { invalidCause } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

/** What a VM's matchers lead to; what does not exist is no reason to refuse the VM, which then waits for it. */
export function specsOf(world: World, vm: VirtualMachine): { type?: InstancetypeSpec; preference?: PreferenceSpec } {
  const type = existing(() => findInstancetype(world, vm));
  const preference = existing(() => findPreference(world, vm));
  return { ...(type !== undefined && { type }), ...(preference !== undefined && { preference }) };
}

function existing<T>(find: () => T): T | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof SyncError) return undefined;
    throw error;
  }
}

/** What of the VM's template says what its instance type decides (pkg/instancetype/apply). */
export function conflictCauses(type: InstancetypeSpec, vm: VirtualMachine): Cause[] {
  const inSpec = conflictsWith(type, vm).map((path) => `spec.template.spec.${path}`);
  return [...inSpec, ...annotationConflicts(type, vm)].map((field) =>
    invalidCause(field, `VM field(s) ${field} conflicts with selected instance type`),
  );
}

/** What the VM has less of than its preference asks for (pkg/instancetype/preference/requirements); the first alone. */
export function requirementCauses(
  spec: VmiSpec,
  type: InstancetypeSpec | undefined,
  preference: PreferenceSpec | undefined,
): Cause[] {
  const { cpu, memory } = preference?.requirements ?? {};
  const missing =
    (cpu && cpuShortage(cpu.guest, spec, type, preference!)) ?? (memory && memoryShortage(memory.guest, spec, type));
  if (missing === undefined) return [];
  const [field, what] = missing;
  return [{ reason: "FieldValueNotFound", message: `failure checking preference requirements: ${what}`, field }];
}

type Shortage = [field: string, what: string] | undefined;

const cpuField = "spec.template.spec.domain.cpu";

function cpuShortage(
  wanted: number,
  { domain }: VmiSpec,
  type: InstancetypeSpec | undefined,
  preference: PreferenceSpec,
): Shortage {
  if (type !== undefined) {
    if (type.cpu.guest >= wanted) return undefined;
    const what = `insufficient CPU resources of ${type.cpu.guest} vCPU provided by instance type, preference requires ${wanted} vCPU`;
    return ["spec.instancetype", what];
  }
  const members = countedMembers(preference);
  const { cpu = {} } = domain;
  const provided = members.reduce((product, member) => product * Number(cpu[member] ?? 0), 1);
  if (provided >= wanted) return undefined;
  const topology = preferredTopology(preference);
  const as =
    topology === "any"
      ? "cores, sockets and threads"
      : topology === "spread"
        ? spreadOptions(preference).across
        : members[0]!;
  return [
    members.map((member) => `${cpuField}.${member}`).join(", "),
    `insufficient CPU resources of ${provided} vCPU provided by VirtualMachine, preference requires ${wanted} vCPU provided as ${as}`,
  ];
}

/** The members of a topology whose product counts, as the preference would have the vCPUs. */
function countedMembers(preference: PreferenceSpec): string[] {
  const topology = preferredTopology(preference);
  if (topology === "any") return ["cores", "sockets", "threads"];
  if (topology !== "spread") return [topology ?? "sockets"];
  const { across } = spreadOptions(preference);
  return across.split(/(?=[A-Z])/).map((member) => member.toLowerCase());
}

function memoryShortage(wanted: string, { domain }: VmiSpec, type: InstancetypeSpec | undefined): Shortage {
  const provided = domain.memory?.guest ?? type?.memory.guest ?? "0";
  if (quantityValue(provided) >= quantityValue(wanted)) return undefined;
  const [field, by] =
    type === undefined
      ? ["spec.template.spec.domain.memory", "VirtualMachine"]
      : ["spec.instancetype", "instance type"];
  return [field, `insufficient Memory resources of ${provided} provided by ${by}, preference requires ${wanted}`];
}

function annotationConflicts({ annotations = {} }: InstancetypeSpec, vm: VirtualMachine): string[] {
  const own = vm.spec.template.metadata?.annotations ?? {};
  return Object.entries(annotations).flatMap(([key, value]) =>
    own[key] !== undefined && own[key] !== value ? `annotations.${key}` : [],
  );
}

function conflictsWith(type: InstancetypeSpec, vm: VirtualMachine): string[] {
  const { domain, ...spec } = vm.spec.template.spec;
  const { cpu = {}, memory = {}, resources = {}, devices } = domain;
  const conflicts: string[] = [];
  const check = (path: string, both: boolean) => {
    if (both) conflicts.push(path);
  };
  check("nodeSelector", type.nodeSelector !== undefined && spec.nodeSelector !== undefined);
  check("schedulerName", Boolean(type.schedulerName) && Boolean(spec["schedulerName"]));
  check("domain.resources.requests.cpu", resources.requests?.["cpu"] !== undefined);
  check("domain.resources.limits.cpu", resources.limits?.["cpu"] !== undefined);
  for (const part of ["sockets", "cores", "threads"]) check(`domain.cpu.${part}`, Boolean(cpu[part]));
  for (const [part, shown] of cpuParts)
    check(`domain.cpu.${shown}`, Boolean(cpu[part]) && type.cpu[shown] !== undefined);
  // Of memory's conflicts only the first is named.
  const ofMemory = [
    memory.guest !== undefined && "domain.memory.guest",
    memory["hugepages"] !== undefined && type.memory.hugepages !== undefined && "domain.memory.hugepages",
    memory["maxGuest"] !== undefined && type.memory.maxGuest !== undefined && "domain.memory.maxGuest",
    resources.requests?.["memory"] !== undefined && "domain.resources.requests.memory",
    resources.limits?.["memory"] !== undefined && "domain.resources.limits.memory",
  ].find((path) => path !== false);
  if (ofMemory !== undefined) conflicts.push(ofMemory);
  check("domain.ioThreadsPolicy", type.ioThreadsPolicy !== undefined && domain["ioThreadsPolicy"] !== undefined);
  check("domain.launchSecurity", type.launchSecurity !== undefined && domain["launchSecurity"] !== undefined);
  check("domain.devices.gpus", (type.gpus ?? []).length > 0 && ((devices["gpus"] ?? []) as unknown[]).length > 0);
  check(
    "domain.devices.hostDevices",
    (type.hostDevices ?? []).length > 0 && ((devices["hostDevices"] ?? []) as unknown[]).length > 0,
  );
  return conflicts;
}

/** Members that conflict only where both sides set them, and how messages spell them. */
const cpuParts = [
  ["model", "model"],
  ["dedicatedCpuPlacement", "dedicatedCPUPlacement"],
  ["isolateEmulatorThread", "isolateEmulatorThread"],
  ["numa", "numa"],
  ["realtime", "realtime"],
] as const;
