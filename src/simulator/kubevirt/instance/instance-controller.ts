import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import type { Claim } from "../../controllers/claims.ts";
import { claimNameOf } from "../claims.ts";
import { createAdmitted } from "../create.ts";
import type { DataVolume } from "../data-volumes.ts";
import { isUnderWay, type Migrations } from "../migration/migrations.ts";
import { annotations } from "../names.ts";
import { launcherPod } from "../pod/template.ts";
import { Retries } from "../retries.ts";
import { SyncError } from "../sync-error.ts";
import { isFinal, isUnprocessed } from "./phase.ts";
import { syncPod } from "./pod-marks.ts";
import { currentPod, isPodFinal } from "./pods.ts";
import { statusAfter } from "./status.ts";
import { isChanged, write } from "./write.ts";

const resource = "virtualmachineinstances";

/** How soon a pod's change is looked at, and what it takes to write to a VMI, which passes virt-api's webhooks, as seen; milliseconds. */
const reactionMs = [0.5, 3] as const;
const writeMs = [30, 190] as const;

/**
 * virt-controller's part in a VMI's life: makes its launcher pod once, follows the pod until the domain is
 * virt-handler's, says whether the VMI is ready, ends it when the pod object is gone, and lets go of it when all is gone.
 */
export class InstanceController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #retries = new Retries();
  readonly #migrations: Migrations;
  /** Pods as they were on the way out, of VMIs that are to be looked at with them once more, by the VMI's key. */
  readonly #glimpses = new Map<string, Pod[]>();
  /** Whether what pods go through is its own doing, which it sees with its next pass. */
  #acts = false;
  /** Keys of the VMIs that wait for a claim to appear, by `namespace/claim`. */
  readonly #waitingForClaim = new Map<string, Set<string>>();

  constructor(world: World, migrations: Migrations) {
    this.#world = world;
    this.#migrations = migrations;
    this.#queue = new WorkQueue(world, "vmi", "virt-controller", (key) => this.#reconcile(key));
    world.store.subscribe((change) => this.#observe(change));
  }

  #observe({ resource: changed, object }: Change): void {
    const { namespace, name } = object.metadata;
    if (changed === resource) this.#queue.add(`${namespace}/${name}`);
    if (changed === "pods") {
      const owner = object.metadata.ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstance");
      if (owner !== undefined) this.#podChanged(`${namespace}/${owner.name}`, owner.uid, object as Pod);
    }
    if (changed === "virtualmachineinstancemigrations") {
      this.#queue.add(`${namespace}/${(object as VirtualMachineInstanceMigration).spec.vmiName}`);
    }
    if (changed === "persistentvolumeclaims" || changed === "datavolumes") {
      const waiting = this.#waitingForClaim.get(`${namespace}/${name}`);
      for (const key of waiting ?? []) this.#queue.add(key);
    }
  }

  /** A pod that someone deletes without grace is gone with its next event; until then it is seen to go. */
  #podChanged(key: string, vmiUid: string, { metadata }: Pod): void {
    const pods = this.#world.index.podsOwnedBy(vmiUid);
    const goes =
      pods.some(({ metadata: { uid } }) => uid === metadata.uid) && metadata.deletionGracePeriodSeconds === 0;
    if (goes && !this.#acts) this.#glimpses.set(key, pods);
    this.#queue.add(key, this.#world.random.between(...reactionMs, "reaction", key, metadata.resourceVersion));
  }

  /** Answers how long the pass takes: it writes in the end what it saw in the beginning. */
  #reconcile(key: string): number | void {
    const [namespace, name] = key.split("/") as [string, string];
    const { store, index, clock, random } = this.#world;
    const vmi = store.get<VirtualMachineInstance>(resource, namespace, name);
    if (vmi === undefined) return this.#retries.forget(key);
    // Every write to a VMI passes a webhook of virt-api's.
    const writable = this.#world.up("virt-api");
    if (vmi.metadata.annotations?.[annotations.latestObservedApiVersion] === undefined) {
      return writable ? this.#noteApiVersion(vmi) : this.#retry(key);
    }
    const before = index.podsOwnedBy(vmi.metadata.uid);
    let error: SyncError | undefined;
    this.#acts = true;
    try {
      this.#sync(key, vmi, before);
      if (writable) this.#retries.forget(key);
    } catch (caught) {
      if (!(caught instanceof SyncError)) throw caught;
      error = caught;
      if (writable && error.retried) this.#retry(key);
    } finally {
      this.#acts = false;
    }
    if (!writable) return this.#retry(key);
    const deleted = vmi.metadata.deletionTimestamp !== undefined;
    const pods = this.#glimpses.get(key) ?? (deleted ? before : index.podsOwnedBy(vmi.metadata.uid));
    if (this.#glimpses.delete(key)) this.#queue.add(key);
    const pod = currentPod(vmi, pods);
    if (pod !== undefined) syncPod(this.#world, vmi, pod);
    const next = statusAfter(this.#world, vmi, pods, error);
    if (!isChanged(vmi, next)) return;
    const tookMs = random.between(...writeMs, "write", key, store.resourceVersion);
    clock.schedule(tookMs, () => this.#write(key, vmi, next));
    return tookMs;
  }

  #write(key: string, seen: VirtualMachineInstance, next: VirtualMachineInstance): void {
    if (!this.#world.up("virt-controller")) this.#queue.add(key);
    else if (!this.#world.up("virt-api") || !write(this.#world.store, seen, next)) this.#retry(key);
  }

  #retry(key: string): void {
    this.#queue.add(key, this.#retries.next(key));
  }

  #noteApiVersion({ metadata: { namespace, name } }: VirtualMachineInstance): void {
    this.#world.store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
      draft.metadata.annotations = {
        ...draft.metadata.annotations,
        [annotations.latestObservedApiVersion]: "v1",
        [annotations.storageObservedApiVersion]: "v1",
      };
    });
  }

  #sync(key: string, vmi: VirtualMachineInstance, pods: Pod[]): void {
    if (vmi.metadata.deletionTimestamp !== undefined) {
      for (const pod of pods) this.#deletePod(vmi, pod);
    } else if (!isFinal(vmi) && isUnprocessed(vmi) && pods.length === 0) {
      if (!this.#volumesReady(key, vmi)) return;
      this.#checkMigrations(vmi);
      this.#createPod(vmi);
    }
  }

  #deletePod(vmi: VirtualMachineInstance, pod: Pod): void {
    if (pod.metadata.deletionTimestamp !== undefined && !isPodFinal(pod)) return;
    const { namespace, name, uid } = pod.metadata;
    this.#world.store.delete("pods", namespace, name, { preconditions: { uid } });
    this.#event(vmi, "Normal", "SuccessfulDelete", `Deleted virtual machine pod ${name}`);
  }

  #createPod(vmi: VirtualMachineInstance): void {
    let pod: Pod;
    try {
      pod = createAdmitted<Pod>(this.#world, "pods", launcherPod(this.#world, vmi));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const message = `Error creating pod: ${error.message}`;
      this.#event(vmi, "Warning", "FailedCreate", message);
      throw new SyncError("FailedCreate", `failed to create virtual machine pod: ${error.message}`);
    }
    this.#event(vmi, "Normal", "SuccessfulCreate", `Created virtual machine pod ${pod.metadata.name}`);
  }

  /** Whether its claims are there and filled; throws a SyncError for one that is missing. */
  #volumesReady(key: string, vmi: VirtualMachineInstance): boolean {
    const { namespace } = vmi.metadata;
    let ready = true;
    for (const volume of vmi.spec.volumes ?? []) {
      const claimName = claimNameOf(volume);
      if (claimName === undefined) continue;
      const claimKey = `${namespace}/${claimName}`;
      const waiting = this.#waitingForClaim.get(claimKey) ?? new Set();
      const dataVolume = this.#world.store.get<DataVolume>("datavolumes", namespace, claimName);
      const filling = dataVolume !== undefined && dataVolume.status?.phase !== "Succeeded";
      const claim = this.#world.store.get<Claim>("persistentvolumeclaims", namespace, claimName);
      if (claim !== undefined && !filling) {
        waiting.delete(key);
        continue;
      }
      this.#waitingForClaim.set(claimKey, waiting.add(key));
      ready = false;
      if (claim !== undefined) continue;
      const message = `PVC ${claimKey} does not exist, waiting for it to appear`;
      this.#event(vmi, "Normal", "FailedPvcNotFound", message);
      throw new SyncError("FailedPvcNotFound", message, { retried: false });
    }
    return ready;
  }

  /** A migration of an earlier VMI of this name that is under way holds the new one back until it is over. */
  #checkMigrations({ metadata: { namespace, name } }: VirtualMachineInstance): void {
    if (this.#migrations.of(namespace, name).some(isUnderWay)) {
      throw new SyncError("FailedCreate", "active migration exists");
    }
  }

  #event(vmi: VirtualMachineInstance, type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#world, vmi, type, reason, message, "virtualmachine-controller");
  }
}
