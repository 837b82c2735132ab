import type { KubeObject, VirtualMachine } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import { invalidCause } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

interface Instancetype extends KubeObject {
  spec: {
    cpu?: { [field: string]: unknown };
    memory?: { [field: string]: unknown };
    nodeSelector?: Record<string, string>;
    schedulerName?: string;
    ioThreadsPolicy?: string;
    launchSecurity?: object;
    gpus?: unknown[];
    hostDevices?: unknown[];
  };
}

/**
 * What of the VM's template says what its instance type decides (pkg/instancetype/apply). An instance type
 * that does not exist is no reason to refuse: the VM then waits for it.
 */
export function conflictCauses(world: World, vm: VirtualMachine): Cause[] {
  const found = findInstancetype(world, vm);
  if (found === undefined) return [];
  return conflictsWith(found.spec, vm).map((path) => {
    const field = `spec.template.spec.${path}`;
    return invalidCause(field, `VM field(s) ${field} conflicts with selected instance type`);
  });
}

/** No kind is the cluster-wide one; it may be given in singular or plural, in any case. */
function findInstancetype({ store }: World, vm: VirtualMachine): Instancetype | undefined {
  const { name, kind } = vm.spec.instancetype ?? {};
  if (!name) return undefined;
  switch (kind?.toLowerCase().replace(/s$/, "") || "virtualmachineclusterinstancetype") {
    case "virtualmachineinstancetype":
      return store.get<Instancetype>("virtualmachineinstancetypes", vm.metadata.namespace, name);
    case "virtualmachineclusterinstancetype":
      return store.get<Instancetype>("virtualmachineclusterinstancetypes", undefined, name);
    default:
      return undefined;
  }
}

function conflictsWith(type: Instancetype["spec"], vm: VirtualMachine): string[] {
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
    check(`domain.cpu.${shown}`, Boolean(cpu[part]) && type.cpu?.[part] !== undefined);
  // Of memory's conflicts only the first is named.
  const ofMemory = [
    memory.guest !== undefined && "domain.memory.guest",
    memory["hugepages"] !== undefined && type.memory?.["hugepages"] !== undefined && "domain.memory.hugepages",
    memory["maxGuest"] !== undefined && type.memory?.["maxGuest"] !== undefined && "domain.memory.maxGuest",
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
