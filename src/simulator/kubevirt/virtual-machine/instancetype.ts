import type { KubeObject, VirtualMachine, VmiSpec } from "../../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../../kube/quantity.ts";
import type { World } from "../../world.ts";
import { SyncError } from "../sync-error.ts";
import { findRevision, keepRevision } from "./revisions.ts";

interface InstancetypeSpec {
  cpu?: { guest?: number; model?: string; dedicatedCPUPlacement?: boolean; maxSockets?: number };
  memory?: { guest?: string; hugepages?: object; overcommitPercent?: number };
  nodeSelector?: Record<string, string>;
  schedulerName?: string;
  gpus?: object[];
  hostDevices?: object[];
  ioThreadsPolicy?: string;
  annotations?: Record<string, string>;
}

interface PreferenceSpec {
  cpu?: { preferredCPUTopology?: string };
  devices?: Record<string, unknown>;
  machine?: { preferredMachineType?: string };
  preferredTerminationGracePeriodSeconds?: number;
}

interface Typed<S> extends KubeObject {
  spec: S;
}

/** What a VM's matchers say, found: the specs to be applied and where they are kept. */
export interface Matched {
  instancetype?: { spec: InstancetypeSpec; name: string; cluster: boolean };
  preference?: { spec: PreferenceSpec };
  /** For the VM's status. */
  refs: Record<"instancetypeRef" | "preferenceRef", object | undefined>;
}

type Matcher = NonNullable<VirtualMachine["spec"]["instancetype"]>;

const kinds = {
  instancetype: {
    namespaced: "virtualmachineinstancetypes",
    cluster: "virtualmachineclusterinstancetypes",
    failure: "FailedFindInstancetype",
  },
  preference: {
    namespaced: "virtualmachinepreferences",
    cluster: "virtualmachineclusterpreferences",
    failure: "FailedFindPreference",
  },
} as const;

/**
 * Finds the VM's instance type and preference and keeps a revision of each, so that later changes or their
 * deletion do not touch the VM. Throws a SyncError for what is not there.
 */
export function matchInstancetype(world: World, vm: VirtualMachine): Matched {
  const instancetype = find<InstancetypeSpec>(world, vm, "instancetype");
  const preference = find<PreferenceSpec>(world, vm, "preference");
  return {
    ...(instancetype !== undefined && { instancetype }),
    ...(preference !== undefined && { preference }),
    refs: { instancetypeRef: instancetype?.ref, preferenceRef: preference?.ref },
  };
}

function find<S>(world: World, vm: VirtualMachine, what: keyof typeof kinds) {
  const matcher: Matcher | undefined = vm.spec[what];
  if (matcher?.name === undefined) return undefined;
  const { name } = matcher;
  const cluster = isClusterKind(matcher.kind);
  const plural = cluster ? kinds[what].cluster : kinds[what].namespaced;
  const kept = keptRevisionName(vm, what, matcher);
  const revision = kept === undefined ? undefined : findRevision(world, vm, kept);
  const found = () => {
    const object = world.store.get<Typed<S>>(plural, cluster ? undefined : vm.metadata.namespace, name);
    if (object === undefined) {
      throw new SyncError(kinds[what].failure, `${plural}.instancetype.kubevirt.io "${name}" not found`);
    }
    const { uid, generation = 1 } = object.metadata;
    return keepRevision(world, vm, `${vm.metadata.name}-${name}-v1beta1-${uid}-${generation}`, object);
  };
  const source = revision ?? found();
  return {
    spec: (source.data as Typed<S>).spec,
    name,
    cluster,
    ref: {
      controllerRevisionRef: { name: source.metadata.name },
      ...(matcher.kind !== undefined && { kind: matcher.kind }),
      name,
    },
  };
}

/** The revision that the VM runs by already, where it still asks for the same thing. */
function keptRevisionName(vm: VirtualMachine, what: keyof typeof kinds, matcher: Matcher): string | undefined {
  if (matcher.revisionName) return matcher.revisionName;
  const ref = vm.status?.[`${what}Ref`] as
    { name?: string; kind?: string; controllerRevisionRef?: { name: string } } | undefined;
  return ref?.name === matcher.name && ref?.kind === matcher.kind ? ref?.controllerRevisionRef?.name : undefined;
}

function isClusterKind(kind: string | undefined): boolean {
  return kind === undefined || kind === "" || kind.toLowerCase().startsWith("virtualmachinecluster");
}

/** The VMI's spec with what instance type and preference add to the template; the template itself stays as written. */
export function applyInstancetype(spec: VmiSpec, { instancetype, preference }: Matched): VmiSpec {
  const result = structuredClone(spec);
  const { domain } = result;
  if (instancetype !== undefined) {
    const { cpu, memory, nodeSelector, schedulerName, gpus, hostDevices, ioThreadsPolicy } = instancetype.spec;
    if (cpu?.guest !== undefined) domain.cpu = { ...domain.cpu, ...topology(cpu.guest, preference?.spec) };
    if (cpu?.model !== undefined) domain.cpu = { ...domain.cpu, model: cpu.model };
    if (cpu?.dedicatedCPUPlacement !== undefined) {
      domain.cpu = { ...domain.cpu, dedicatedCpuPlacement: cpu.dedicatedCPUPlacement };
    }
    if (memory?.guest !== undefined) domain.memory = { ...domain.memory, guest: memory.guest };
    if (memory?.hugepages !== undefined) domain.memory = { ...domain.memory, hugepages: memory.hugepages };
    if (memory?.guest !== undefined && memory.overcommitPercent !== undefined) {
      const request = bytesQuantity((quantityValue(memory.guest) * (100 - memory.overcommitPercent)) / 100);
      domain.resources = { ...domain.resources, requests: { ...domain.resources?.requests, memory: request } };
    }
    if (nodeSelector !== undefined) result.nodeSelector = { ...nodeSelector, ...result.nodeSelector };
    if (schedulerName !== undefined) result["schedulerName"] ??= schedulerName;
    if (gpus !== undefined) domain.devices["gpus"] ??= gpus;
    if (hostDevices !== undefined) domain.devices["hostDevices"] ??= hostDevices;
    if (ioThreadsPolicy !== undefined) domain["ioThreadsPolicy"] ??= ioThreadsPolicy;
  }
  if (preference !== undefined) {
    const { preferredTerminationGracePeriodSeconds, machine } = preference.spec;
    if (preferredTerminationGracePeriodSeconds !== undefined) {
      result.terminationGracePeriodSeconds ??= preferredTerminationGracePeriodSeconds;
    }
    if (machine?.preferredMachineType !== undefined) domain["machine"] ??= { type: machine.preferredMachineType };
  }
  return result;
}

/** All vCPUs as sockets unless the preference would have cores or threads. */
function topology(vcpus: number, preference: PreferenceSpec | undefined) {
  const count = { cores: 1, sockets: 1, threads: 1 };
  switch (preference?.cpu?.preferredCPUTopology) {
    case "cores":
    case "preferCores":
      return { ...count, cores: vcpus };
    case "threads":
    case "preferThreads":
      return { ...count, threads: vcpus };
    default:
      return { ...count, sockets: vcpus };
  }
}
