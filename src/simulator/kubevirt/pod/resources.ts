import {
  bytesQuantity,
  compareQuantities,
  milliQuantity,
  quantityMilli,
  quantityValue,
} from "../../../kube/quantity.ts";
import type { ResourceRequirements, VirtualMachineInstance, VmiSpec } from "../../../kube/objects.ts";
import type { Settings } from "../../settings.ts";

const MiB = 2 ** 20;

/** How many vCPUs the guest sees: its topology, else what its CPU limit or request rounds up to. */
function vcpuCount(spec: VmiSpec): number {
  const { cores, sockets, threads } = spec.domain.cpu ?? {};
  if (cores ?? sockets ?? threads) return (cores ?? 1) * (sockets ?? 1) * (threads ?? 1);
  const said = spec.domain.resources?.limits?.["cpu"] ?? spec.domain.resources?.requests?.["cpu"];
  return said === undefined ? 1 : Math.max(1, quantityValue(said));
}

/** Memory the guest sees, in bytes. */
function guestMemoryBytes(spec: VmiSpec): number {
  const { memory, resources } = spec.domain;
  const hugepages = memory?.["hugepages"] as { pageSize?: string } | undefined;
  const said = memory?.guest ?? resources?.requests?.["memory"] ?? resources?.limits?.["memory"] ?? hugepages?.pageSize;
  return said === undefined ? 0 : quantityValue(said);
}

/** What the launcher pod needs beside the guest's memory, in bytes (kvm/hypervisorbackend.go: GetMemoryOverhead). */
export function memoryOverheadBytes(vmi: VirtualMachineInstance): number {
  const { spec } = vmi;
  const { devices, resources } = spec.domain;
  const pageTables = Math.floor(quantityValue(resources?.requests?.["memory"] ?? "0") / 512);
  // virt-launcher-monitor 25, virt-launcher 100, virtlogd 25, virtqemud 40, qemu 30; 8 for the IO thread.
  let overhead = pageTables + (220 + 8 * vcpuCount(spec) + 8) * MiB;
  if (devices["autoattachGraphicsDevice"] !== false) overhead += 32 * MiB;
  if (spec["architecture"] === "arm64") overhead += 128 * MiB;
  if (deviceNames(vmi).length > 0) overhead += 1024 * MiB;
  if (devices["tpm"] !== undefined) overhead += 53 * MiB;
  if (devices["downwardMetrics"] !== undefined) overhead += 1 * MiB;
  const security = spec.domain["launchSecurity"] as Record<string, unknown> | undefined;
  if (security?.["sev"] !== undefined || security?.["snp"] !== undefined) overhead += 256 * MiB;
  const agentProbes = [spec.livenessProbe, spec.readinessProbe].filter((probe) => probe?.exec ?? probe?.guestAgentPing);
  if (agentProbes.length > 0) overhead += (100 + 10 * agentProbes.length) * MiB;
  if (isDedicated(spec) || wantsGuaranteed(spec)) overhead += 100 * MiB;
  return overhead;
}

/** Requests and limits of the compute container (services/renderresources.go). */
export function computeResources(
  vmi: VirtualMachineInstance,
  { cpuAllocationRatio, emulation }: Pick<Settings, "cpuAllocationRatio" | "emulation">,
): ResourceRequirements {
  const { spec } = vmi;
  const { requests: asked = {}, limits: allowed = {} } = spec.domain.resources ?? {};
  const overhead = memoryOverheadBytes(vmi);
  const vcpus = vcpuCount(spec);
  const requests: Record<string, string> = { "ephemeral-storage": "50M" };
  const limits: Record<string, string> = {};

  requests["cpu"] = asked["cpu"] ?? allowed["cpu"] ?? milliQuantity((vcpus * 1000) / cpuAllocationRatio);
  if (allowed["cpu"] !== undefined) limits["cpu"] = allowed["cpu"];
  const hugepages = spec.domain.memory?.["hugepages"] as { pageSize: string } | undefined;
  if (hugepages === undefined) {
    const guest = asked["memory"] === undefined ? guestMemoryBytes(spec) : quantityValue(asked["memory"]);
    requests["memory"] = bytesQuantity(guest + overhead);
    if (allowed["memory"] !== undefined) limits["memory"] = bytesQuantity(quantityValue(allowed["memory"]) + overhead);
  } else {
    requests["memory"] = bytesQuantity(overhead);
    const pages = bytesQuantity(guestMemoryBytes(spec));
    requests[`hugepages-${hugepages.pageSize}`] = pages;
    limits[`hugepages-${hugepages.pageSize}`] = pages;
  }
  if (isDedicated(spec)) {
    requests["cpu"] = limits["cpu"] = String(vcpus);
    limits["memory"] = requests["memory"]!;
  }
  for (const device of virtualizationDevices(vmi, emulation)) requests[device] = limits[device] = "1";
  for (const device of deviceNames(vmi)) {
    requests[device] = limits[device] = String(quantityValue(limits[device] ?? "0") + 1);
  }
  for (const [name, quantity] of Object.entries(asked)) requests[name] ??= quantity;
  for (const [name, quantity] of Object.entries(allowed)) limits[name] ??= quantity;
  return { limits, requests };
}

/** Of the node's own devices, those that qemu needs (services/template.go: getRequiredResources). */
function virtualizationDevices({ spec }: VirtualMachineInstance, emulation: boolean): string[] {
  const { interfaces = [], autoattachPodInterface } = spec.domain.devices as {
    interfaces?: { model?: string }[];
    autoattachPodInterface?: boolean;
  };
  const isVirtio = interfaces.some(({ model }) => model === undefined || model === "virtio");
  return [
    ...(interfaces.length > 0 || autoattachPodInterface !== false ? ["tun"] : []),
    ...(isVirtio && !emulation ? ["vhost-net"] : []),
    ...(emulation ? [] : ["kvm"]),
  ].map((name) => `devices.kubevirt.io/${name}`);
}

function deviceNames(vmi: VirtualMachineInstance): string[] {
  const { gpus = [], hostDevices = [] } = vmi.spec.domain.devices as {
    gpus?: { deviceName: string }[];
    hostDevices?: { deviceName: string }[];
  };
  return [...gpus, ...hostDevices].map(({ deviceName }) => deviceName);
}

function isDedicated(spec: VmiSpec): boolean {
  return spec.domain.cpu?.["dedicatedCpuPlacement"] === true;
}

function wantsGuaranteed(spec: VmiSpec): boolean {
  const { requests = {}, limits = {} } = spec.domain.resources ?? {};
  return ["cpu", "memory"].every((name) => {
    const limit = limits[name];
    return limit !== undefined && compareQuantities(requests[name] ?? limit, limit) === 0;
  });
}

/** The pod's quality of service, as the API server works it out from its containers. */
export function qosClassOf(containers: { resources?: ResourceRequirements }[]): string {
  const named = ["cpu", "memory"];
  const any = containers.some(({ resources }) =>
    named.some((name) => resources?.requests?.[name] !== undefined || resources?.limits?.[name] !== undefined),
  );
  if (!any) return "BestEffort";
  const guaranteed = containers.every(({ resources }) =>
    named.every((name) => {
      const limit = resources?.limits?.[name];
      return limit !== undefined && quantityMilli(resources?.requests?.[name] ?? limit) === quantityMilli(limit);
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}
