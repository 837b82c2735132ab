import type { VmiSpec } from "../../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../../kube/quantity.ts";
import { applyPreference } from "./apply-preference.ts";
import { preferredTopology, spreadOptions, type InstancetypeSpec, type PreferenceSpec } from "./instancetype-specs.ts";

/**
 * A VMI's spec with what instance type and preference add to the template (pkg/instancetype/apply); the template
 * itself stays as written. What conflicts has been refused before.
 */
export function applyInstancetype(
  template: VmiSpec,
  instancetype: InstancetypeSpec | undefined,
  preference: PreferenceSpec | undefined,
): VmiSpec {
  const spec = structuredClone(template);
  if (instancetype !== undefined) {
    setCpu(spec, instancetype, preference);
    setMemory(spec, instancetype);
    setDevices(spec, instancetype);
    const { nodeSelector, schedulerName } = instancetype;
    if (nodeSelector !== undefined) spec.nodeSelector ??= { ...nodeSelector };
    if (schedulerName !== undefined) spec["schedulerName"] ??= schedulerName;
  }
  if (preference !== undefined) applyPreference(spec, preference);
  return spec;
}

function setCpu(spec: VmiSpec, { cpu }: InstancetypeSpec, preference: PreferenceSpec | undefined): void {
  const { guest, model, dedicatedCPUPlacement, ...others } = cpu;
  spec.domain.cpu = {
    ...spec.domain.cpu,
    ...(model !== undefined && { model }),
    ...(dedicatedCPUPlacement !== undefined && { dedicatedCpuPlacement: dedicatedCPUPlacement }),
    ...structuredClone(others),
    ...topologyOf(guest, preference),
  };
}

/** All vCPUs as sockets unless the preference would have it otherwise (apply/cpu.go: applyGuestCPUTopology). */
function topologyOf(vcpus: number, preference: PreferenceSpec | undefined) {
  const one = { cores: 1, sockets: 1, threads: 1 };
  if (vcpus === 1) return one;
  switch (preferredTopology(preference)) {
    case "cores":
      return { ...one, cores: vcpus };
    case "threads":
      return { ...one, threads: vcpus };
    case "spread": {
      const { across, ratio } = spreadOptions(preference!);
      if (across === "CoresThreads") return { ...one, threads: ratio, cores: Math.floor(vcpus / ratio) };
      if (across === "SocketsCores") return { ...one, cores: ratio, sockets: Math.floor(vcpus / ratio) };
      return { threads: 2, cores: ratio, sockets: Math.floor(vcpus / 2 / ratio) };
    }
    default:
      return { ...one, sockets: vcpus };
  }
}

function setMemory({ domain }: VmiSpec, { memory }: InstancetypeSpec): void {
  const { guest, hugepages, maxGuest, overcommitPercent = 0 } = memory;
  domain.memory = {
    ...domain.memory,
    guest,
    ...(hugepages !== undefined && { hugepages: structuredClone(hugepages) }),
    ...(maxGuest !== undefined && { maxGuest }),
  };
  if (overcommitPercent <= 0) return;
  const request = bytesQuantity(Math.floor((quantityValue(guest) * (100 - overcommitPercent)) / 100));
  domain.resources = { ...domain.resources, requests: { ...domain.resources?.requests, memory: request } };
}

function setDevices({ domain }: VmiSpec, type: InstancetypeSpec): void {
  if (type.gpus?.length) domain.devices["gpus"] ??= structuredClone(type.gpus);
  if (type.hostDevices?.length) domain.devices["hostDevices"] ??= structuredClone(type.hostDevices);
  if (type.ioThreadsPolicy !== undefined) domain["ioThreadsPolicy"] ??= type.ioThreadsPolicy;
  if (type.launchSecurity !== undefined) domain["launchSecurity"] ??= structuredClone(type.launchSecurity);
  const { supplementalPoolThreadCount } = type.ioThreads ?? {};
  if (supplementalPoolThreadCount !== undefined) {
    domain["ioThreads"] = { ...(domain["ioThreads"] as object | undefined), supplementalPoolThreadCount };
  }
}
