import type { Condition, VirtualMachineInstance, VirtualMachineInstanceReplicaSet } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import { formatLabelSelector, requirementsOf } from "../../../kube/selector.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import { withCondition, withoutCondition } from "../conditions.ts";
import { createAdmitted } from "../create.ts";
import { isFinal } from "../instance/phase.ts";
import { apiVersion } from "../names.ts";
import { Retries } from "../retries.ts";
import { SyncError } from "../sync-error.ts";

const resource = "virtualmachineinstancereplicasets";
const instances = "virtualmachineinstances";

/** At most so many VMIs are created or deleted in one pass (watch/replicaset/replicaset.go: burstReplicas). */
const burst = 250;

/** virt-controller's replica sets: so many VMIs of one template, replaced as soon as they end or are about to. */
export class ReplicaSetController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #retries = new Retries();

  constructor(world: World) {
    this.#world = world;
    this.#queue = new WorkQueue(world, "vmirs", "virt-controller", (key) => this.#reconcile(key));
    world.store.subscribe((change) => this.#observe(change));
  }

  #observe({ resource: changed, object }: Change): void {
    const { namespace, name, ownerReferences } = object.metadata;
    if (changed === resource) this.#queue.add(`${namespace}/${name}`);
    if (changed !== instances) return;
    const owner = ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstanceReplicaSet");
    if (owner !== undefined) this.#queue.add(`${namespace}/${owner.name}`);
  }

  #reconcile(key: string): void {
    const [namespace, name] = key.split("/") as [string, string];
    const set = this.#world.store.get<VirtualMachineInstanceReplicaSet>(resource, namespace, name);
    if (set === undefined) return this.#retries.forget(key);
    const members = this.#members(set);
    const active = members.filter(isActive);
    let error: SyncError | undefined;
    if (set.metadata.deletionTimestamp === undefined && set.spec.paused !== true) {
      try {
        this.#scale(set, active);
        this.#cleanUp(set, members);
        this.#retries.forget(key);
      } catch (caught) {
        if (!(caught instanceof SyncError)) throw caught;
        error = caught;
        this.#queue.add(key, this.#retries.next(key));
      }
    }
    this.#updateStatus(set, active, error);
  }

  #members(set: VirtualMachineInstanceReplicaSet): VirtualMachineInstance[] {
    const { store, index } = this.#world;
    return index.dependentsOf(set.metadata.uid).flatMap((one) => {
      if (one.resource !== instances) return [];
      return store.get<VirtualMachineInstance>(instances, one.namespace, one.name) ?? [];
    });
  }

  #scale(set: VirtualMachineInstanceReplicaSet, active: VirtualMachineInstance[]): void {
    const missing = (set.spec.replicas ?? 1) - active.length;
    for (let count = 0; count < Math.min(missing, burst); count++) this.#create(set);
    for (const vmi of active.slice(0, Math.min(Math.max(0, -missing), burst))) {
      const { uid } = vmi.metadata;
      this.#delete(set, vmi, `Stopped the virtual machine by deleting the virtual machine instance ${uid}`);
    }
  }

  /** Ended ones, and those whose pod is going, make room at once. */
  #cleanUp(set: VirtualMachineInstanceReplicaSet, members: VirtualMachineInstance[]): void {
    for (const vmi of members) {
      if (vmi.metadata.deletionTimestamp !== undefined || isActive(vmi)) continue;
      this.#delete(set, vmi, `Deleted finished virtual machine: ${vmi.metadata.uid}`);
    }
  }

  #create(set: VirtualMachineInstanceReplicaSet): void {
    const { name, namespace, uid } = set.metadata;
    const { metadata: template = {}, spec } = set.spec.template;
    try {
      const vmi = createAdmitted<VirtualMachineInstance>(this.#world, instances, {
        apiVersion,
        kind: "VirtualMachineInstance",
        metadata: {
          generateName: template.name ?? template.generateName ?? name,
          ...(namespace !== undefined && { namespace }),
          labels: { ...template.labels },
          annotations: { ...template.annotations },
          ownerReferences: [
            {
              apiVersion,
              blockOwnerDeletion: true,
              controller: true,
              kind: "VirtualMachineInstanceReplicaSet",
              name,
              uid,
            },
          ],
        },
        spec: structuredClone(spec),
        status: {},
      });
      const message = `Started the virtual machine by creating the new virtual machine instance ${vmi.metadata.name}`;
      this.#event(set, "Normal", "SuccessfulCreate", message);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#event(set, "Warning", "FailedCreate", `Error creating virtual machine instance: ${error.message}`);
      throw new SyncError("FailedCreate", error.message);
    }
  }

  #delete(set: VirtualMachineInstanceReplicaSet, vmi: VirtualMachineInstance, message: string): void {
    const { namespace, name, uid } = vmi.metadata;
    this.#world.store.delete(instances, namespace, name, { preconditions: { uid } });
    this.#event(set, "Normal", "SuccessfulDelete", message);
  }

  #updateStatus(
    set: VirtualMachineInstanceReplicaSet,
    active: VirtualMachineInstance[],
    error: SyncError | undefined,
  ): void {
    const { namespace, name, uid } = set.metadata;
    const now = this.#world.clock.stamp();
    const wasPaused = condition(set, "ReplicaPaused") !== undefined;
    const paused = set.spec.paused === true;
    this.#world.store.mutate<VirtualMachineInstanceReplicaSet>(resource, namespace, name, (draft) => {
      if (draft.metadata.uid !== uid) return;
      draft.status ??= {};
      draft.status.replicas = active.length;
      draft.status.readyReplicas = active.filter((vmi) => condition(vmi, "Ready")?.status === "True").length;
      draft.status.labelSelector = formatLabelSelector(requirementsOf(set.spec.selector));
      let conditions = draft.status.conditions ?? [];
      conditions = paused
        ? withCondition(conditions, made("ReplicaPaused", "Paused", "Controller got paused", now))
        : withoutCondition(conditions, "ReplicaPaused");
      conditions = error
        ? withCondition(conditions, made("ReplicaFailure", error.reason, error.message, now))
        : withoutCondition(conditions, "ReplicaFailure");
      if (conditions.length > 0) draft.status.conditions = conditions;
      else delete draft.status.conditions;
    });
    if (paused && !wasPaused) this.#event(set, "Normal", "SuccessfulPaused", "Paused");
    if (!paused && wasPaused) this.#event(set, "Normal", "SuccessfulResumed", "Resumed");
  }

  #event(set: VirtualMachineInstanceReplicaSet, type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#world, set, type, reason, message, "virtualmachinereplicaset-controller");
  }
}

/** Whether a VMI counts: it has not ended, is not being deleted, and its pod is not going. */
function isActive(vmi: VirtualMachineInstance): boolean {
  if (isFinal(vmi) || vmi.metadata.deletionTimestamp !== undefined) return false;
  const ready = condition(vmi, "Ready");
  return !(ready?.status === "False" && ready.reason === "PodTerminating");
}

function made(type: string, reason: string, message: string, now: string): Condition {
  return { lastProbeTime: null, lastTransitionTime: now, message, reason, status: "True", type };
}
