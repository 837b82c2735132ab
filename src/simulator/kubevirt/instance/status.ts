import type { Condition, Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../../kube/quantity.ts";
import { copyOf } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { withCondition, withoutCondition } from "../conditions.ts";
import { finalizers, images, labels } from "../names.ts";
import { memoryOverheadBytes } from "../pod/resources.ts";
import type { SyncError } from "../sync-error.ts";
import { enterPhase, isFinal, isHandlers, isUnprocessed } from "./phase.ts";
import { currentPod, isPodDownOrGoingDown, isPodUp } from "./pods.ts";
import { readyCondition } from "./ready-condition.ts";

/** The VMI as its pods and this pass leave it (watch/vmi/lifecycle.go: updateStatus). */
export function statusAfter(
  world: World,
  vmi: VirtualMachineInstance,
  pods: Pod[],
  error: SyncError | undefined,
): VirtualMachineInstance {
  const next = copyOf(vmi);
  const pod = currentPod(vmi, pods);
  const now = world.clock.stamp();
  next.status.conditions = withCondition(next.status.conditions, readyCondition(vmi, pod, now));
  if (isFinal(vmi)) release(world, next, pods);
  else advance(next, pod, now);
  describePods(next, pods, pod);
  const scheduling = vmi.status.phase === "Scheduling";
  if (scheduling && pod !== undefined) next.status.conditions = withPodScheduled(next.status.conditions, pod);
  // What is virt-handler's is patched, and the outcome of the pass is not part of that.
  if (vmi.status.phase === "Running" && pod !== undefined) tellHotplug(next, now);
  if (!isHandlers(vmi)) tellOutcome(next, error ?? (scheduling ? imageProblem(pod) : undefined), now);
  tellEviction(next, now);
  return next;
}

function advance(draft: VirtualMachineInstance, pod: Pod | undefined, now: string): void {
  if (isUnprocessed(draft)) {
    if (pod === undefined)
      enterPhase(draft, draft.metadata.deletionTimestamp === undefined ? "Pending" : "Failed", now);
    else {
      draft.status["memory"] = {
        ...(draft.status["memory"] as object | undefined),
        memoryOverhead: bytesQuantity(memoryOverheadBytes(draft)),
      };
      draft.status["launcherContainerImageVersion"] = images.launcher;
      enterPhase(draft, "Scheduling", now);
    }
  } else if (draft.status.phase === "Scheduling") {
    if (pod === undefined || isPodDownOrGoingDown(pod)) enterPhase(draft, "Failed", now);
    else if (isPodUp(pod)) handOver(draft, pod.spec.nodeName!, now);
  } else if (pod === undefined) {
    // Patched on a VMI that is virt-handler's: the phase alone, without its time.
    draft.status.phase = "Failed";
  }
}

/** From now on the VMI belongs to the virt-handler of its node. */
function handOver(draft: VirtualMachineInstance, node: string, now: string): void {
  draft.metadata.labels = { ...draft.metadata.labels, [labels.nodeName]: node };
  draft.status.nodeName = node;
  draft.status["migrationTransport"] = "Unix";
  const interfaces = (draft.spec.domain.devices["interfaces"] ?? []) as { name: string }[];
  draft.status.interfaces = interfaces.map(({ name }, index) => ({ name, podInterfaceName: `eth${index}` }));
  draft.status["volumeStatus"] = (draft.spec.volumes ?? []).map(({ name }) => ({ name, target: "" }));
  enterPhase(draft, "Scheduled", now);
}

function describePods(draft: VirtualMachineInstance, pods: Pod[], pod: Pod | undefined): void {
  if (pods.length === 0) delete draft.status.activePods;
  else draft.status.activePods = Object.fromEntries(pods.map((one) => [one.metadata.uid, one.spec.nodeName ?? ""]));
  if (pod?.spec.nodeName !== undefined && pod.status.qosClass !== undefined) {
    draft.status.qosClass = pod.status.qosClass;
  }
}

/** What is asked for beyond what the guest has is plugged in with the next migration (watch/vmi/lifecycle.go: syncHotplugCondition). */
function tellHotplug({ spec, status }: VirtualMachineInstance, now: string): void {
  const asked = (type: string): void => {
    const present = condition({ status }, type);
    if (present === undefined) {
      const wanted: Condition = { lastProbeTime: null, lastTransitionTime: now, status: "True", type };
      status.conditions = withCondition(status.conditions, wanted);
    }
  };
  const { cpu, memory } = spec.domain;
  const has = status["currentCPUTopology"] as { sockets?: number } | undefined;
  if (has !== undefined && cpu?.["maxSockets"] && cpu.sockets !== has.sockets) asked("HotVCPUChange");
  const { guestRequested } = (status["memory"] ?? {}) as { guestRequested?: string };
  const { guest } = memory ?? {};
  if (guest === undefined || guestRequested === undefined || memory?.["maxGuest"] === undefined) return;
  if (quantityValue(guest) !== quantityValue(guestRequested)) asked("HotMemoryChange");
}

/** Says whether the pass went well; a claim that is missing counts as no place to go to, too. */
function tellOutcome(draft: VirtualMachineInstance, problem: Problem | undefined, now: string): void {
  const { status } = draft;
  if (problem === undefined) {
    status.conditions = withoutCondition(status.conditions, "Synchronized");
    return;
  }
  const { reason, message } = problem;
  const failed = { lastProbeTime: null, lastTransitionTime: now, message, status: "False" } as const;
  if (reason === "FailedPvcNotFound" && status.phase === "Pending") {
    const unschedulable = { ...failed, lastTransitionTime: null, reason: "Unschedulable", type: "PodScheduled" };
    status.conditions = withCondition(status.conditions, unschedulable);
  }
  status.conditions = withCondition(status.conditions, { ...failed, reason, type: "Synchronized" });
}

function tellEviction({ status }: VirtualMachineInstance, now: string): void {
  if (status.evacuationNodeName === undefined) {
    status.conditions = withoutCondition(status.conditions, "EvictionRequested");
    return;
  }
  status.conditions = withCondition(status.conditions, {
    lastProbeTime: now,
    lastTransitionTime: now,
    message: "VMI is marked for eviction",
    reason: "EvictionRequested",
    status: "True",
    type: "EvictionRequested",
  });
}

/** PodScheduled is shown only while it is False: nowhere to go. */
function withPodScheduled(conditions: Condition[], pod: Pod): Condition[] {
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status === "False") return withCondition(conditions, { ...scheduled, lastProbeTime: null });
  return withoutCondition(conditions, "PodScheduled");
}

interface Problem {
  reason: string;
  message: string;
}

function imageProblem(pod: Pod | undefined): Problem | undefined {
  const statuses = [
    ...((pod?.status["initContainerStatuses"] ?? []) as NonNullable<Pod["status"]["containerStatuses"]>),
    ...(pod?.status.containerStatuses ?? []),
  ];
  const waiting = statuses
    .map(({ state }) => state.waiting)
    .find((one) => one && /^(ErrImagePull|ImagePullBackOff)$/.test(one.reason));
  return waiting && { reason: waiting.reason, message: waiting.message ?? "" };
}

/** Lets go of what waits for nothing any more: that it is off every node, and that its VM has seen its end. */
function release(world: World, draft: VirtualMachineInstance, pods: Pod[]): void {
  const done = new Set<string>();
  if (pods.length === 0) done.add(finalizers.foregroundDelete);
  if (!hasOwnerVm(world, draft)) done.add(finalizers.virtualMachine);
  draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((one) => !done.has(one));
}

function hasOwnerVm({ store }: World, { metadata }: VirtualMachineInstance): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== "VirtualMachine") return false;
  return store.get("virtualmachines", metadata.namespace, owner.name)?.metadata.uid === owner.uid;
}
