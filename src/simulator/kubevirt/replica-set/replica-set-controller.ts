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
import { annotations, apiVersion } from "../names.ts";
import { Retries } from "../retries.ts";
import { SyncError } from "../sync-error.ts";
import { setOrDrop } from "../virtual-machine/status.ts";

const resource = "virtualmachineinstancereplicasets";
const instances = "virtualmachineinstances";

/** At most so many VMIs are created or deleted in one pass (watch/replicaset/replicaset.go: burstReplicas). */
const burst = 250;

/** How soon a change is looked at, and what it takes to create or delete VMIs and to write the status, as seen; milliseconds. */
const reactionMs = [1, 4] as const;
const actMs = [50, 120] as const;
const tellMs = [10, 40] as const;

/**
 * virt-controller's replica sets (watch/replicaset/replicaset.go): so many VMIs of one template, replaced as soon as
 * they end or are about to. A pass acts on what it saw when it began, and says so in the status when it is through.
 */
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
    const { namespace, name, ownerReferences, resourceVersion } = object.metadata;
    const enqueue = (set: string): void => {
      this.#queue.add(`${namespace}/${set}`, this.#draw(reactionMs, "reaction", set, resourceVersion));
    };
    if (changed === resource) enqueue(name);
    if (changed !== instances) return;
    const owner = ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstanceReplicaSet");
    if (owner !== undefined) enqueue(owner.name);
  }

  #reconcile(key: string): number | void {
    const [namespace, name] = key.split("/") as [string, string];
    const set = this.#world.store.get<VirtualMachineInstanceReplicaSet>(resource, namespace, name);
    if (set === undefined) return this.#retries.forget(key);
    if (set.metadata.annotations?.[annotations.latestObservedApiVersion] === undefined) {
      return this.#noteApiVersion(key, set);
    }
    const members = this.#members(set);
    const active = members.filter(isActive);
    const managed = set.metadata.deletionTimestamp === undefined && set.spec.paused !== true;
    const idle = !managed || (active.length === (set.spec.replicas ?? 1) && !members.some(isOver));
    const { resourceVersion } = this.#world.store;
    const actedMs = idle ? 0 : this.#draw(actMs, "act", key, resourceVersion);
    const toldMs = actedMs + this.#draw(tellMs, "status", key, resourceVersion);
    const later = (delayMs: number, run: () => void): void => {
      this.#world.clock.schedule(delayMs, () => {
        if (this.#world.up("virt-controller")) run();
      });
    };
    let error: SyncError | undefined;
    if (!idle) later(actedMs, () => (error = this.#act(key, set, members, active)));
    later(toldMs, () => this.#updateStatus(set, active, error));
    return toldMs;
  }

  #act(
    key: string,
    set: VirtualMachineInstanceReplicaSet,
    members: VirtualMachineInstance[],
    active: VirtualMachineInstance[],
  ): SyncError | undefined {
    try {
      this.#scale(set, active);
      this.#cleanUp(set, members);
      this.#retries.forget(key);
      return undefined;
    } catch (caught) {
      if (!(caught instanceof SyncError)) throw caught;
      this.#queue.add(key, this.#retries.next(key));
      return caught;
    }
  }

  #noteApiVersion(key: string, { metadata: { namespace, name } }: VirtualMachineInstanceReplicaSet): void {
    // Every write to a replica set passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return this.#queue.add(key, this.#retries.next(key));
    this.#world.store.mutate(resource, namespace, name, ({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        [annotations.latestObservedApiVersion]: "v1",
        [annotations.storageObservedApiVersion]: "v1",
      };
    });
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
    for (const vmi of members.filter(isOver)) {
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
    if (this.#world.store.get(instances, namespace, name)?.metadata.uid !== uid) return;
    this.#world.store.delete(instances, namespace, name, { preconditions: { uid } });
    this.#event(set, "Normal", "SuccessfulDelete", message);
  }

  #updateStatus(
    set: VirtualMachineInstanceReplicaSet,
    active: VirtualMachineInstance[],
    error: SyncError | undefined,
  ): void {
    // Every write to a replica set passes a webhook of virt-api's; a status that is lost waits for the next change.
    if (!this.#world.up("virt-api")) return;
    const { namespace, name, uid } = set.metadata;
    const now = this.#world.clock.stamp();
    const wasPaused = condition(set, "ReplicaPaused") !== undefined;
    const paused = set.spec.paused === true;
    const ready = active.filter((vmi) => condition(vmi, "Ready")?.status === "True").length;
    this.#world.store.mutate<VirtualMachineInstanceReplicaSet>(resource, namespace, name, (draft) => {
      if (draft.metadata.uid !== uid) return;
      draft.status ??= {};
      setOrDrop(draft.status, "replicas", active.length || undefined);
      setOrDrop(draft.status, "readyReplicas", ready || undefined);
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

  #draw([low, high]: readonly [number, number], ...what: (string | number)[]): number {
    return this.#world.random.between(low, high, "vmirs", ...what);
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

/** Whether it is to make room: it has ended, or its pod is going, and nobody has deleted it yet. */
function isOver(vmi: VirtualMachineInstance): boolean {
  return vmi.metadata.deletionTimestamp === undefined && !isActive(vmi);
}

function made(type: string, reason: string, message: string, now: string): Condition {
  return { lastProbeTime: null, lastTransitionTime: now, message, reason, status: "True", type };
}
