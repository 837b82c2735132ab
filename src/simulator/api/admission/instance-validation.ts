import type { Probe, VmiSpec } from "../../../kube/objects.ts";
import { parseQuantity } from "../../../kube/quantity.ts";
import { devicesOf, networksOf } from "./instance-spec.ts";
import { networkCauses } from "./network-validation.ts";
import { volumeCauses } from "./volume-validation.ts";
import { invalidCause } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

const evictionStrategies = ["None", "LiveMigrate", "LiveMigrateIfPossible", "External"];
const emulatedMachines = ["q35*", "pc-q35*"];
const panicModels = ["hyperv", "isa", "pvpanic"];
/** Labels that only KubeVirt's own components may set. */
const reservedLabels = [
  "kubevirt.io/created-by",
  "kubevirt.io/migrationJobUID",
  "kubevirt.io/nodeName",
  "kubevirt.io/migrationTargetNodeName",
  "kubevirt.io/schedulable",
  "kubevirt.io/install-strategy",
];

/**
 * What is wrong with an instance's specification, defaults filled in
 * (virt-api's vmi-create-admitter.go: ValidateVirtualMachineInstanceSpec), in the order it is found there.
 * @param at where it stands: `spec` or `spec.template.spec`.
 */
export function specCauses(at: string, spec: VmiSpec): Cause[] {
  return [
    ...hostnameCauses(at, spec),
    ...memoryCauses(at, spec),
    ...machineCauses(at, spec),
    ...cpuCauses(at, spec),
    ...startCauses(at, spec),
    ...networkCauses(at, spec),
    ...bootCauses(at, spec),
    ...probeCauses(`${at}.readinessProbe`, spec.readinessProbe),
    ...probeCauses(`${at}.livenessProbe`, spec.livenessProbe),
    ...probeNetworkCauses(at, spec),
    ...volumeCauses(`${at}.volumes`, spec.volumes ?? []),
    ...evictionCauses(at, spec),
    ...panicCauses(at, spec),
    ...rebootCauses(at, spec),
  ];
}

/** What is asked of instances alone, while a VM may still lack it. */
export function mandatoryCauses(at: string, { domain }: VmiSpec): Cause[] {
  if (valueOf(domain.resources?.requests?.["memory"]) !== 0n) return [];
  if (domain.memory?.guest !== undefined || domain.memory?.["hugepages"] !== undefined) return [];
  const ways = ["memory.guest", "memory.hugepages.pageSize", "resources.requests.memory"];
  const [guest, pages, requests] = ways.map((way) => `'${at}.domain.${way}'`);
  return [
    {
      reason: "FieldValueRequired",
      message: `no memory requested, at least one of ${guest}, ${pages} or ${requests} must be set`,
    },
  ];
}

/** Reserved labels among those of a user's object. */
export function labelCauses(at: string, labels: Record<string, string> = {}): Cause[] {
  if (Object.keys(reservedOf(labels)).length === 0) return [];
  return [
    {
      reason: "FieldValueNotSupported",
      message: "creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited",
      field: `${at}.labels`,
    },
  ];
}

/** The reserved ones of some labels. */
export function reservedOf(labels: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([label]) => reservedLabels.includes(label)));
}

function hostnameCauses(at: string, spec: VmiSpec): Cause[] {
  const hostname = spec["hostname"];
  if (typeof hostname !== "string" || /^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$/.test(hostname)) return [];
  return [
    invalidCause(
      `${at}.hostname`,
      `${at}.hostname does not conform to the kubernetes DNS_LABEL rules : a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')`,
    ),
  ];
}

function memoryCauses(at: string, { domain }: VmiSpec): Cause[] {
  const causes: Cause[] = [];
  const { requests, limits, requestsAt, limitsAt } = amounts(at, domain.resources, "memory");
  if (requests.value < 0n) causes.push(negative(requestsAt, requests.text));
  else if (requests.value > 0n && requests.value < parseQuantity("1M")) {
    causes.push(invalidCause(requestsAt, `${requestsAt} '${requests.text}': must be greater than or equal to 1M.`));
  }
  if (limits.value < 0n) causes.push(negative(limitsAt, limits.text));
  return [...causes, ...aboveLimit(at, domain.resources, "memory")];
}

function cpuCauses(at: string, { domain }: VmiSpec): Cause[] {
  const causes: Cause[] = [];
  const { requests, limits, requestsAt, limitsAt } = amounts(at, domain.resources, "cpu");
  if (requests.value < 0n) causes.push(negative(requestsAt, requests.text));
  if (limits.value < 0n) causes.push(negative(limitsAt, limits.text));
  causes.push(...aboveLimit(at, domain.resources, "cpu"));
  const { sockets = 0 } = domain.cpu ?? {};
  const most = domain.cpu?.["maxSockets"] as number | undefined;
  if (most && sockets > most) {
    causes.push(
      invalidCause(
        `${at}.domain.cpu.sockets`,
        "Number of sockets in CPU topology is greater than the maximum sockets allowed",
      ),
    );
  }
  return causes;
}

function aboveLimit(at: string, resources: VmiSpec["domain"]["resources"], what: "cpu" | "memory"): Cause[] {
  const { requests, limits, requestsAt, limitsAt } = amounts(at, resources, what);
  if (limits.value <= 0n || requests.value <= limits.value) return [];
  return [invalidCause(requestsAt, `${requestsAt} '${requests.text}' is greater than ${limitsAt} '${limits.text}'`)];
}

function amounts(at: string, resources: VmiSpec["domain"]["resources"], what: "cpu" | "memory") {
  const requests = resources?.requests?.[what];
  const limits = resources?.limits?.[what];
  return {
    requests: { value: valueOf(requests), text: requests ?? "0" },
    limits: { value: valueOf(limits), text: limits ?? "0" },
    requestsAt: `${at}.domain.resources.requests.${what}`,
    limitsAt: `${at}.domain.resources.limits.${what}`,
  };
}

function valueOf(quantity: string | undefined): bigint {
  return quantity === undefined ? 0n : parseQuantity(quantity);
}

function negative(field: string, text: string): Cause {
  return invalidCause(field, `${field} '${text}': must be greater than or equal to 0.`);
}

function machineCauses(at: string, { domain }: VmiSpec): Cause[] {
  const { type } = (domain["machine"] ?? {}) as { type?: string };
  if (!type || emulatedMachines.some((pattern) => type.startsWith(pattern.slice(0, -1)))) return [];
  const field = `${at}.domain.machine.type`;
  return [invalidCause(field, `${field} is not supported: ${type} (allowed values: [${emulatedMachines.join(" ")}])`)];
}

function startCauses(at: string, spec: VmiSpec): Cause[] {
  const strategy = spec["startStrategy"] as string | undefined;
  const field = `${at}.startStrategy`;
  if (strategy === undefined) return [];
  if (strategy !== "Paused") return [invalidCause(field, `${field} is set with an unrecognized option: ${strategy}`)];
  if (spec.livenessProbe === undefined) return [];
  return [
    invalidCause(
      field,
      `either ${field} or ${at}.livenessProbe should be provided.Pausing VMI with LivenessProbe is not supported`,
    ),
  ];
}

function bootCauses(at: string, spec: VmiSpec): Cause[] {
  const causes: Cause[] = [];
  const devices = devicesOf(spec);
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const taken = new Set<number>();
  (devices.disks ?? []).forEach((disk, index) => {
    const field = `${at}.domain.devices.disks[${index}]`;
    const volume = volumes.get(disk.name);
    if (volume === undefined && disk.cdrom === undefined) {
      causes.push(invalidCause(`${field}.name`, `${field}.Name '${disk.name}' not found.`));
    }
    if (disk.lun !== undefined && volume && !volume["persistentVolumeClaim"] && !volume["dataVolume"]) {
      causes.push(
        invalidCause(
          `${field}.lun`,
          `${field}.lun can only be mapped to a DataVolume or PersistentVolumeClaim volume.`,
        ),
      );
    }
    causes.push(...bootOrderCauses(`${field}.bootOrder`, disk.bootOrder, taken));
  });
  (devices.interfaces ?? []).forEach(({ bootOrder }, index) => {
    causes.push(...bootOrderCauses(`${at}.domain.devices.interfaces[${index}].bootOrder`, bootOrder, taken));
  });
  return causes;
}

function bootOrderCauses(field: string, order: number | undefined, taken: Set<number>): Cause[] {
  if (order === undefined) return [];
  const twice = taken.has(order);
  taken.add(order);
  return twice ? [invalidCause(field, `Boot order for ${field} already set for a different device.`)] : [];
}

function probeCauses(field: string, probe: Probe | undefined): Cause[] {
  if (probe === undefined) return [];
  const handlers = [probe.httpGet, probe.tcpSocket, probe.exec, probe.guestAgentPing].filter(
    (set) => set !== undefined,
  );
  if (handlers.length === 1) return [];
  if (handlers.length > 1) return [invalidCause(field, `${field} must have exactly one probe type set`)];
  return [
    {
      reason: "FieldValueRequired",
      message: `either ${field}.tcpSocket, ${field}.exec or ${field}.httpGet must be set if a ${field} is specified`,
      field,
    },
  ];
}

function probeNetworkCauses(at: string, spec: VmiSpec): Cause[] {
  if (networksOf(spec).some(({ pod }) => pod !== undefined)) return [];
  return (["readinessProbe", "livenessProbe"] as const).flatMap((name) =>
    (["httpGet", "tcpSocket"] as const)
      .filter((handler) => spec[name]?.[handler] !== undefined)
      .map((handler) => `${at}.${name}.${handler}`)
      .map((field) => invalidCause(field, `${field} is only allowed if the Pod Network is attached`)),
  );
}

function evictionCauses(at: string, { evictionStrategy }: VmiSpec): Cause[] {
  if (evictionStrategy === undefined || evictionStrategies.includes(evictionStrategy)) return [];
  const field = `${at}.evictionStrategy`;
  return [invalidCause(field, `${field} is set with an unrecognized option: ${String(evictionStrategy)}`)];
}

function panicCauses(at: string, spec: VmiSpec): Cause[] {
  return (devicesOf(spec).panicDevices ?? []).flatMap(({ model }, index) => {
    if (model === undefined || panicModels.includes(model)) return [];
    return [invalidCause(`${at}.domain.devices.panicDevices[${index}].model`, `invalid PanicDeviceModel(${model})`)];
  });
}

function rebootCauses(at: string, { domain }: VmiSpec): Cause[] {
  if (domain["rebootPolicy"] === undefined) return [];
  const field = `${at}.domain.rebootPolicy`;
  return [invalidCause(field, "RebootPolicy is specified but the RebootPolicy feature gate is not enabled")];
}
