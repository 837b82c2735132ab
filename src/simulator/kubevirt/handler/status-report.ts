import type { Condition, Pod, VirtualMachineInstance, VmiPhase } from "../../../kube/objects.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { World } from "../../world.ts";
import { withCondition, withoutCondition } from "../conditions.ts";
import { enterPhase, isFinal } from "../instance/phase.ts";
import type { Launcher } from "../launcher/launcher.ts";
import { phaseOf, type SeenDomain } from "./domain-phase.ts";
import { liveMigratable, migrationMethod, storageLiveMigratable } from "./live-migratable.ts";

const resource = "virtualmachineinstances";

/**
 * Writes on the VMI what virt-handler sees of its domain, with the events that go with a change of phase.
 * Answers whether the VMI has ended by it.
 * @param problem what kept it from doing as it should with the domain.
 */
export function reportStatus(
  world: World,
  node: string,
  vmi: VirtualMachineInstance,
  domain: SeenDomain,
  launcher: Launcher | undefined,
  problem?: string,
): boolean {
  const { namespace, name, uid } = vmi.metadata;
  const current = world.store.get<VirtualMachineInstance>(resource, namespace, name);
  if (current?.metadata.uid !== uid || isFinal(current) || current.status.nodeName !== node) return false;
  const phase = phaseOf(current, domain);
  const before = current.status.phase;
  const event = (type: "Normal" | "Warning", reason: string, message: string): void =>
    recordEvent(world, current, type, reason, message, "virt-handler", node);
  const ends = phase === "Succeeded" || phase === "Failed";
  if (phase === "Running" && before === "Scheduled") event("Normal", "Created", "VirtualMachineInstance defined.");
  if (typeof domain !== "string" && domain.state === "Crashed" && domain.reason === "Panicked") {
    event("Warning", "GuestPanicked", "GuestPanicked (details unavailable)");
  }
  if (ends && typeof domain !== "string") event("Normal", "Deleted", "Signaled Deletion");
  warnOfImmobility(world, current, event);
  world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
    describeMigratability(draft, world);
    if (typeof domain !== "string") describeDomain(draft, world, domain, launcher);
    else if (ends) for (const volume of volumesOf(draft)) volume.target = "";
    const conditions = withPauseAndAgent(draft, world, domain, launcher);
    draft.status.conditions =
      problem === undefined
        ? withoutCondition(conditions, "Synchronized")
        : withCondition(conditions, outOfSync(problem, world.clock.stamp()));
    enterPhase(draft, phase, world.clock.stamp());
  });
  if (phase !== before) announce(phase, event);
  return ends;
}

/**
 * Fails a VMI for good whose domain cannot be set up, or cannot go on (virt-handler/vm.go: handleSyncError, as for
 * critical errors of the network setup).
 */
export function reportIrrecoverable(world: World, node: string, vmi: VirtualMachineInstance, message: string): void {
  const { namespace, name, uid } = vmi.metadata;
  recordEvent(world, vmi, "Warning", "SyncFailed", message, "virt-handler", node);
  const failed = world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
    if (draft.metadata.uid !== uid || isFinal(draft)) return;
    draft.status.conditions = withCondition(draft.status.conditions, outOfSync(message, world.clock.stamp()));
    enterPhase(draft, "Failed", world.clock.stamp());
  });
  if (failed === undefined) return;
  recordEvent(world, vmi, "Warning", "Stopped", "The VirtualMachineInstance crashed.", "virt-handler", node);
  recordEvent(world, vmi, "Normal", "Deleted", "Signaled Deletion", "virt-handler", node);
}

function outOfSync(message: string, now: string): Condition {
  return {
    lastProbeTime: null,
    lastTransitionTime: now,
    message,
    reason: "Synchronizing with the Domain failed.",
    status: "False",
    type: "Synchronized",
  };
}

type Recorder = (type: "Normal" | "Warning", reason: string, message: string) => void;

function announce(phase: VmiPhase, event: Recorder): void {
  if (phase === "Running") event("Normal", "Started", "VirtualMachineInstance started.");
  if (phase === "Succeeded") event("Normal", "Stopped", "The VirtualMachineInstance was shut down.");
  if (phase === "Failed") event("Warning", "Stopped", "The VirtualMachineInstance crashed.");
}

function warnOfImmobility(world: World, vmi: VirtualMachineInstance, event: Recorder): void {
  if (vmi.spec.evictionStrategy !== "LiveMigrate") return;
  const { status, message } = liveMigratable(vmi, world.store);
  if (status === "True") return;
  event("Warning", "Migrated", `EvictionStrategy is set but vmi is not migratable; ${message}`);
}

function describeMigratability(draft: VirtualMachineInstance, world: World): void {
  let conditions = withCondition(draft.status.conditions, liveMigratable(draft, world.store));
  conditions = withCondition(conditions, storageLiveMigratable(draft, world.store));
  draft.status.conditions = conditions;
  draft.status["migrationMethod"] = migrationMethod(draft);
  draft.status["selinuxContext"] = "none";
}

function describeDomain(
  draft: VirtualMachineInstance,
  world: World,
  domain: Exclude<SeenDomain, string>,
  launcher: Launcher | undefined,
): void {
  const live = domain.state === "Running" || domain.state === "Paused";
  const pod = launcher && world.store.get<Pod>("pods", launcher.pod.metadata.namespace, launcher.pod.metadata.name);
  for (const [index, one] of (draft.status.interfaces ?? []).entries()) {
    if (!live) {
      delete one.ipAddress;
      delete one["ipAddresses"];
      continue;
    }
    one["infoSource"] = "domain";
    one["linkState"] = "up";
    one["mac"] = macAddress(world.random.uuid(draft.metadata.uid, "mac", index));
    one["queueCount"] = 1;
    const onPodNetwork = draft.spec.networks?.some((network) => network.name === one.name && network["pod"]);
    if (!onPodNetwork || pod?.status.podIP === undefined || launcher?.addressesKnown === false) continue;
    one.ipAddress = pod.status.podIP;
    one["ipAddresses"] = [pod.status.podIP];
  }
  if (!live) return;
  for (const [index, volume] of volumesOf(draft).entries()) volume.target = `vd${String.fromCharCode(97 + index)}`;
  draft.status["machine"] = { type: "pc-q35-11.1" };
}

/** Both conditions are there only while they are true. */
function withPauseAndAgent(
  draft: VirtualMachineInstance,
  world: World,
  domain: SeenDomain,
  launcher: Launcher | undefined,
) {
  const now = world.clock.stamp();
  const paused = typeof domain !== "string" && domain.state === "Paused" && domain.reason === undefined;
  let conditions = draft.status.conditions;
  conditions = paused
    ? withCondition(conditions, {
        lastProbeTime: now,
        lastTransitionTime: now,
        message: "VMI was paused by user",
        reason: "PausedByUser",
        status: "True",
        type: "Paused",
      })
    : withoutCondition(conditions, "Paused");
  if (paused) return conditions;
  if (launcher?.domain?.guest.agentConnected !== true) return withoutCondition(conditions, "AgentConnected");
  draft.status["guestOSInfo"] = {
    id: "linux",
    kernelRelease: "6.12.0",
    machine: "x86_64",
    name: "Linux",
    prettyName: "Linux",
  };
  return withCondition(conditions, {
    lastProbeTime: now,
    lastTransitionTime: null,
    status: "True",
    type: "AgentConnected",
  });
}

function volumesOf(draft: VirtualMachineInstance): { name: string; target: string }[] {
  return (draft.status["volumeStatus"] ?? []) as { name: string; target: string }[];
}

/** A locally administered address out of a UUID's bits. */
function macAddress(uuid: string): string {
  return `02:${uuid.slice(0, 8).match(/../g)!.join(":")}:${uuid.slice(9, 11)}`;
}
