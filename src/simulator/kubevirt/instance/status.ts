import type { Pod, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { bytesQuantity } from "../../../kube/quantity.ts";
import type { World } from "../../world.ts";
import { withCondition, withoutCondition } from "../conditions.ts";
import { finalizers, images, labels } from "../names.ts";
import { memoryOverheadBytes } from "../pod/resources.ts";
import type { SyncError } from "../sync-error.ts";
import { enterPhase, isFinal, isUnprocessed } from "./phase.ts";
import { currentPod, isPodDownOrGoingDown, isPodUp } from "./pods.ts";
import { readyCondition } from "./ready-condition.ts";

/** Brings the VMI's status in line with its pods (watch/vmi/lifecycle.go: updateStatus); writes only what changed. */
export function updateStatus(
  world: World,
  { metadata }: VirtualMachineInstance,
  pods: Pod[],
  error: SyncError | undefined,
): void {
  const { namespace, name, uid } = metadata;
  world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", namespace, name, (draft) => {
    if (draft.metadata.uid !== uid) return;
    const pod = currentPod(draft, pods);
    const now = world.clock.stamp();
    if (isFinal(draft)) release(world, draft, pods);
    else advance(draft, pod, now);
    describePods(draft, pods, pod);
    setConditions(draft, pod, error, now);
  });
}

function advance(draft: VirtualMachineInstance, pod: Pod | undefined, now: string): void {
  if (isUnprocessed(draft)) {
    if (draft.metadata.deletionTimestamp !== undefined) enterPhase(draft, "Failed", now);
    else if (pod === undefined) enterPhase(draft, "Pending", now);
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

function setConditions(
  draft: VirtualMachineInstance,
  pod: Pod | undefined,
  error: SyncError | undefined,
  now: string,
): void {
  let conditions = draft.status.conditions;
  if (!isUnprocessed(draft)) conditions = withCondition(conditions, readyCondition(draft, pod, now));
  conditions = withPodScheduled(conditions, pod);
  const problem = error ?? imageProblem(pod);
  if (problem !== undefined) {
    conditions = withCondition(conditions, {
      lastProbeTime: null,
      lastTransitionTime: now,
      message: problem.message,
      reason: problem.reason,
      status: "False",
      type: "Synchronized",
    });
  } else if (conditions?.some(({ type }) => type === "Synchronized")) {
    conditions = withoutCondition(conditions, "Synchronized");
  }
  if (draft.status.evacuationNodeName !== undefined) {
    conditions = withCondition(conditions, {
      lastProbeTime: now,
      lastTransitionTime: now,
      message: "VMI is marked for eviction",
      reason: "EvictionRequested",
      status: "True",
      type: "EvictionRequested",
    });
  } else if (conditions?.some(({ type }) => type === "EvictionRequested")) {
    conditions = withoutCondition(conditions, "EvictionRequested");
  }
  if (conditions !== undefined) draft.status.conditions = conditions;
}

/** PodScheduled is shown only while it is False: nowhere to go. */
function withPodScheduled(conditions: VirtualMachineInstance["status"]["conditions"], pod: Pod | undefined) {
  const scheduled = condition(pod, "PodScheduled");
  if (scheduled?.status === "False") return withCondition(conditions, { ...scheduled, lastProbeTime: null });
  return conditions?.some(({ type }) => type === "PodScheduled")
    ? withoutCondition(conditions, "PodScheduled")
    : conditions;
}

function imageProblem(pod: Pod | undefined): { reason: string; message: string } | undefined {
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
