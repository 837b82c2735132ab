import type { VirtualMachine, VirtualMachineInstance, VmiSpec } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../../kube/quantity.ts";
import { copyOf, same } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { isFinal } from "../instance/phase.ts";
import { annotations } from "../names.ts";
import { SyncError } from "../sync-error.ts";
import { expanded } from "./instance-from-vm.ts";
import { findInstancetype, findPreference } from "./instancetype.ts";
import { findRevision } from "./revisions.ts";

const resource = "virtualmachineinstances";

/** A change of the template that a VMI is not touched by while it runs. */
const notLive = "a non-live-updatable field was changed in the template spec";

/**
 * Brings what may change while it runs from a VM's template to its VMI (watch/vm/vm.go: syncRestartRequired and the
 * handlers of changes, with the rollout strategy LiveUpdate). Answers why the VM has to be restarted for the rest, if
 * so; throws a SyncError for what has to wait.
 * @param live whether the VMI goes on; one that has just been deleted is not changed any more.
 */
export function syncTemplate(
  world: World,
  vm: VirtualMachine,
  vmi: VirtualMachineInstance,
  live: boolean,
): string | undefined {
  const started = startedFrom(world, vm, vmi);
  if (started === undefined) return undefined;
  if (same(started.template, vm.spec.template)) noteGeneration(world, vm, vmi);
  const template = expandedTemplate(world, vm);
  if (!isLiveChange(expandedTemplate(world, { ...vm, spec: started }), template)) return notLive;
  if (!live || isFinal(vmi) || vmi.metadata.deletionTimestamp !== undefined) return undefined;
  const reason = syncSockets(world, template, vmi);
  syncPlacement(world, template, vmi);
  return reason ?? syncMemory(world, template, vmi);
}

/** The VM's specification when its VMI was started, as it was kept then. */
function startedFrom(world: World, vm: VirtualMachine, vmi: VirtualMachineInstance) {
  const name = vmi.status["virtualMachineRevisionName"] as string | undefined;
  const revision = name === undefined ? undefined : findRevision(world, vm, name);
  return (revision?.data as { spec: VirtualMachine["spec"] } | undefined)?.spec;
}

function expandedTemplate(world: World, vm: VirtualMachine): VmiSpec {
  const instancetype = findInstancetype(world, vm);
  const preference = findPreference(world, vm);
  return copyOf(
    expanded(vm.spec.template.spec, {
      ...(instancetype !== undefined && { instancetype: { spec: instancetype } }),
      ...(preference !== undefined && { preference: { spec: preference } }),
    }),
  );
}

/** A VMI that has all of a newer specification of its VM says so: what else is new is not in the template. */
function noteGeneration(world: World, { metadata }: VirtualMachine, vmi: VirtualMachineInstance): void {
  const generation = String(metadata.generation ?? 1);
  if (vmi.metadata.annotations?.[annotations.vmGeneration] === generation) return;
  change(world, vmi, (draft) => {
    draft.metadata.annotations = { ...draft.metadata.annotations, [annotations.vmGeneration]: generation };
  });
}

/** Whether two templates differ at most in what may change while a VMI runs. */
function isLiveChange(before: VmiSpec, now: VmiSpec): boolean {
  const spec = copyOf(before);
  if (spec.domain.cpu !== undefined && now.domain.cpu !== undefined) {
    Object.assign(spec.domain.cpu, { sockets: now.domain.cpu.sockets });
  }
  if (now.domain.memory?.guest !== undefined) {
    spec.domain.memory = { ...spec.domain.memory, guest: now.domain.memory.guest };
  }
  for (const field of placement) Object.assign(spec, { [field]: now[field] });
  return same(spec, now);
}

const placement = ["nodeSelector", "affinity", "tolerations"] as const;

/** Where it may go next: read when it migrates. */
function syncPlacement(world: World, template: VmiSpec, vmi: VirtualMachineInstance): void {
  const changed = placement.filter((field) => !same(template[field], vmi.spec[field]));
  if (changed.length === 0) return;
  if (isMigrating(vmi)) {
    throw changed.includes("tolerations")
      ? new SyncError("TolerationsChangeError", "tolerations should not be changed during VMI migration")
      : new SyncError("AffinityChangeError", "Node affinity should not be changed during VMI migration");
  }
  change(world, vmi, ({ spec }) => {
    for (const field of changed) {
      if (template[field] === undefined) delete spec[field];
      else Object.assign(spec, { [field]: template[field] });
    }
  });
}

/** More sockets are plugged in with its next migration, up to what it was started with room for. */
function syncSockets(world: World, { domain: { cpu } }: VmiSpec, vmi: VirtualMachineInstance): string | undefined {
  const present = vmi.spec.domain.cpu;
  if (cpu === undefined || present === undefined) return undefined;
  const [wanted, has] = [cpu.sockets ?? 0, present.sockets ?? 0];
  if (wanted === has) return undefined;
  checkHotplug("CPU", "HotPlugCPUError", "HotVCPUChange", vmi);
  if (wanted > ((present["maxSockets"] as number | undefined) ?? 0)) {
    return "CPU sockets updated in template spec to a value higher than what's available";
  }
  if (wanted < has) return "Reduction of CPU socket count requires a restart";
  change(world, vmi, ({ spec }) => {
    spec.domain.cpu = { ...spec.domain.cpu, sockets: wanted };
  });
  return undefined;
}

/** More memory likewise; less than it was started with takes a restart. */
function syncMemory(world: World, { domain }: VmiSpec, vmi: VirtualMachineInstance): string | undefined {
  const said = (what: string): string => `memory updated in template spec${what}`;
  const { memory, resources } = vmi.spec.domain;
  const { guestAtBoot, guestCurrent } = (vmi.status["memory"] ?? {}) as Record<string, string | undefined>;
  const wanted = domain.memory?.guest;
  if (wanted === undefined || memory?.guest === undefined || guestCurrent === undefined) return undefined;
  if (quantityValue(wanted) === quantityValue(memory.guest)) return undefined;
  if (condition(vmi, "LiveMigratable")?.status !== "True") {
    return said(". Memory-hotplug is only available for migratable VMs");
  }
  const most = memory["maxGuest"] as string | undefined;
  if (most === undefined) return said(". Memory-hotplug is not available for this VM configuration");
  checkHotplug("memory", "HotPlugMemoryError", "HotMemoryChange", vmi);
  if (quantityValue(wanted) < quantityValue(guestAtBoot ?? "0")) {
    return said(" to a value lower than what the VM started with");
  }
  if (quantityValue(wanted) > quantityValue(most)) return said(" to a value higher than what's available");
  const requested = resources?.requests?.["memory"];
  const more = quantityValue(wanted) - quantityValue(guestCurrent);
  change(world, vmi, ({ spec }) => {
    spec.domain.memory = { ...spec.domain.memory, guest: wanted };
    if (requested === undefined) return;
    const memoryRequest = bytesQuantity(quantityValue(requested) + more);
    spec.domain.resources = { ...resources, requests: { ...resources?.requests, memory: memoryRequest } };
  });
  return undefined;
}

/** One plug at a time, and none during a migration. */
function checkHotplug(what: string, reason: string, type: string, vmi: VirtualMachineInstance): void {
  if (condition(vmi, type)?.status === "True") {
    throw new SyncError(reason, `another ${what} hotplug is in progress`);
  }
  if (isMigrating(vmi)) throw new SyncError(reason, `${what} hotplug is not allowed while VMI is migrating`);
}

function isMigrating({ status: { migrationState } }: VirtualMachineInstance): boolean {
  return migrationState?.startTimestamp !== undefined && migrationState.endTimestamp === undefined;
}

function change(
  world: World,
  { metadata: { namespace, name, uid } }: VirtualMachineInstance,
  edit: (draft: VirtualMachineInstance) => void,
): void {
  world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
    if (draft.metadata.uid === uid) edit(draft);
  });
}
