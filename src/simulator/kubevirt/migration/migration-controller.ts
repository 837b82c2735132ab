import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import { withCondition } from "../conditions.ts";
import { migrationConfiguration } from "../configuration.ts";
import { createAdmitted } from "../create.ts";
import { currentPod, isPodFinal, isPodUp } from "../instance/pods.ts";
import { annotations } from "../names.ts";
import { Retries } from "../retries.ts";
import { backOffMs } from "./back-off.ts";
import { clearOld, finish, markFailed } from "./finish.ts";
import { handOver } from "./hand-over.ts";
import { activePods, isOver, migrationResource, targetPodOf, type Migrations } from "./migrations.ts";
import { awaitTarget, dropTarget } from "./patience.ts";
import { isHandedOver, nextStep } from "./phase.ts";
import { targetPod } from "./target-pod.ts";

const instances = "virtualmachineinstances";

/** Its turn comes in this order; a migration that waits asks again so soon (migration.go: PriorityFromMigration, getRequeueDelayForPriority). */
const priorities: Record<string, { rank: number; requeueSeconds: number }> = {
  "system-critical": { rank: 100, requeueSeconds: 1 },
  "user-triggered": { rank: 50, requeueSeconds: 3 },
  "system-maintenance": { rank: 20, requeueSeconds: 5 },
};
const ordinary = { rank: 0, requeueSeconds: 5 };

/** While the VMI has two pods that have not ended, or another target pod has just been asked for, it is tried again so soon. */
const busySeconds = 1;

/** So long after its creation a target pod may still be missing in virt-controller's cache, as seen; milliseconds. */
const unseenMs = [10, 60] as const;

/**
 * virt-controller's migration controller (watch/migration/migration.go): gives each migration its turn and its target
 * pod, hands the VMI over to the virt-handlers of both nodes, and follows what they report to the end.
 */
export class MigrationController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #migrations: Migrations;
  readonly #retries = new Retries();
  /** Until then (milliseconds) the last target pod that was made has not been seen, and no other is made. */
  #unseenUntilMs = 0;

  constructor(world: World, migrations: Migrations) {
    this.#world = world;
    this.#migrations = migrations;
    this.#queue = new WorkQueue(world, "migration", "virt-controller", (key) => this.#reconcile(key));
    world.store.subscribe((change) => this.#observe(change));
  }

  #observe({ resource, verb, object }: Change): void {
    const { namespace, name } = object.metadata;
    if (resource === migrationResource) this.#queue.add(`${namespace}/${name}`);
    if (resource === instances) {
      for (const { metadata } of this.#migrations.of(namespace, name)) {
        // At once, before a VMI of the same name may be there again: they go with the one that they were for.
        this.#queue.add(`${namespace}/${metadata.name}`, verb === "DELETED" ? 1 : undefined);
      }
    }
    const made = resource === "pods" ? object.metadata.annotations?.[annotations.migrationJobName] : undefined;
    if (made !== undefined) this.#queue.add(`${namespace}/${made}`);
  }

  #reconcile(key: string): void {
    const [namespace, name] = key.split("/") as [string, string];
    const { store } = this.#world;
    const migration = store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name);
    if (migration === undefined) return this.#retries.forget(key);
    // Every write to a migration or a VMI passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return this.#retry(key);
    if (migration.metadata.annotations?.[annotations.latestObservedApiVersion] === undefined) {
      return this.#noteApiVersion(migration);
    }
    const vmi = store.get<VirtualMachineInstance>(instances, namespace, migration.spec.vmiName);
    if (vmi === undefined) {
      if (migration.metadata.deletionTimestamp === undefined) store.delete(migrationResource, namespace, name);
      return;
    }
    const target = targetPodOf(this.#world, migration, vmi);
    if (this.#sync(key, migration, vmi, target)) this.#retries.forget(key);
    else this.#retry(key);
    const current = store.get<VirtualMachineInstance>(instances, namespace, migration.spec.vmiName)!;
    if (!isOver(migration)) return this.#advance(migration, current);
    finish(this.#world, migration, current);
    clearOld(this.#world, this.#migrations, current);
    this.#wakeWaiting();
  }

  #retry(key: string): void {
    this.#queue.add(key, this.#retries.next(key));
  }

  #noteApiVersion({ metadata: { namespace, name } }: VirtualMachineInstanceMigration): void {
    this.#world.store.mutate(migrationResource, namespace, name, ({ metadata }) => {
      metadata.annotations = {
        ...metadata.annotations,
        [annotations.latestObservedApiVersion]: "v1",
        [annotations.storageObservedApiVersion]: "v1",
      };
    });
  }

  /** Does what the migration needs now; answers false where that is to be tried again. */
  #sync(
    key: string,
    migration: VirtualMachineInstanceMigration,
    vmi: VirtualMachineInstance,
    target: Pod | undefined,
  ): boolean {
    const handed = isHandedOver(migration, vmi);
    const state = vmi.status.migrationState;
    if (vmi.metadata.deletionTimestamp !== undefined || (handed && state?.completed === true)) return true;
    if (this.#isRivalled(migration, vmi)) return false;
    const cancelled = migration.metadata.deletionTimestamp !== undefined;
    const phase = migration.status?.phase ?? "";
    if (cancelled && !handed && ["Pending", "Scheduling", "Scheduled"].includes(phase)) {
      if (target === undefined) return true;
      const { namespace, name } = target.metadata;
      dropTarget(this.#world, migration, target, `migration canceled and pod ${namespace}/${name} is deleted`);
      return true;
    }
    switch (phase) {
      case "Pending":
        if (target === undefined) return this.#takeTurn(key, migration, vmi);
        if (!isPodUp(target)) this.#await(key, migration, vmi, target);
        break;
      case "Scheduling":
        if (target !== undefined) this.#await(key, migration, vmi, target);
        break;
      case "Scheduled":
        if (target !== undefined && isPodUp(target) && !handed) handOver(this.#world, migration, vmi, target);
        break;
      case "PreparingTarget":
      case "TargetReady": {
        const lost = target === undefined || isPodFinal(target);
        if (lost && state?.startTimestamp === undefined) markFailed(this.#world, migration, vmi);
        break;
      }
      case "Failed":
        if (state?.failed !== true) markFailed(this.#world, migration, vmi);
        break;
      case "Running":
        if (cancelled) this.#requestAbort(migration, vmi);
    }
    return true;
  }

  /** Whether the VMI is in the hands of another migration that is not over (migration.go: canMigrateVMI). */
  #isRivalled(
    { metadata }: VirtualMachineInstanceMigration,
    { status, metadata: of }: VirtualMachineInstance,
  ): boolean {
    const uid = status.migrationState?.migrationUid;
    if (uid === undefined || uid === metadata.uid) return false;
    return this.#migrations.unfinishedOf(of.namespace, of.name).some((other) => other.metadata.uid === uid);
  }

  /** Makes the target pod if it is this migration's turn. */
  #takeTurn(key: string, migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): boolean {
    const { settings, clock, store, index, random } = this.#world;
    const { namespace, name, uid } = vmi.metadata;
    const earlier = this.#migrations.of(namespace, name).filter(isOver);
    const waitMs = backOffMs(migration, earlier, settings.evacuationBackoffSeconds, clock.wall().getTime());
    if (waitMs > 0) {
      this.#event(vmi, "Warning", "MigrationBackoff", `backoff migrating vmi ${namespace}/${name}`);
      this.#queue.add(key, waitMs);
      return true;
    }
    if (currentPod(vmi, index.podsOwnedBy(uid)) === undefined) return true;
    if (vmi.metadata.annotations?.[annotations.nonroot] === undefined) {
      store.mutate(instances, namespace, name, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [annotations.nonroot]: "true" };
      });
    }
    const delaySeconds = this.#delaySeconds(migration, vmi);
    if (delaySeconds > 0) {
      this.#queue.add(key, delaySeconds * 1000);
      return true;
    }
    if (vmi.status.phase !== "Running") return true;
    try {
      const current = store.get<VirtualMachineInstance>(instances, namespace, name)!;
      const pod = createAdmitted<Pod>(this.#world, "pods", targetPod(this.#world, current, migration));
      this.#unseenUntilMs = clock.now() + random.between(...unseenMs, pod.metadata.uid, "unseen");
      this.#event(migration, "Normal", "SuccessfulCreate", `Created migration target pod ${pod.metadata.name}`);
      return true;
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#event(vmi, "Warning", "FailedCreate", `Error creating pod: ${error.message}`);
      return false;
    }
  }

  /** In how many seconds it is to ask again whether it may have a target pod; 0 when it may (migration.go: handleTargetPodCreation). */
  #delaySeconds(migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): number {
    if (this.#world.clock.now() < this.#unseenUntilMs || activePods(this.#world, vmi) > 1) return busySeconds;
    const limits = migrationConfiguration(this.#world);
    const underWay = this.#migrations.nodesUnderWay();
    const fromHere = underWay.filter((nodes) => nodes.includes(vmi.status.nodeName)).length;
    const full =
      underWay.length >= limits.parallelMigrationsPerCluster || fromHere >= limits.parallelOutboundMigrationsPerNode;
    return full ? priorityOf(migration).requeueSeconds : 0;
  }

  /** One is over, so there may be room for one that waits: the most urgent is looked at first. */
  #wakeWaiting(): void {
    const { clock, random } = this.#world;
    const waiting = this.#migrations.unfinished().filter(({ status }) => status?.phase === "Pending");
    const first = waiting
      .toSorted((one, other) => priorityOf(other).rank - priorityOf(one).rank)
      .slice(0, migrationConfiguration(this.#world).parallelMigrationsPerCluster);
    const reactionMs = random.between(5, 40, "wake", clock.now());
    for (const [turn, { metadata }] of first.entries()) {
      this.#queue.add(`${metadata.namespace}/${metadata.name}`, reactionMs + turn);
    }
  }

  #await(key: string, migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance, target: Pod): void {
    const leftMs = awaitTarget(this.#world, migration, vmi, target);
    if (leftMs !== undefined) this.#queue.add(key, leftMs);
  }

  #requestAbort(migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): void {
    const state = vmi.status.migrationState;
    if (state === undefined || state.abortRequested === true) return;
    this.#world.store.mutate<VirtualMachineInstance>(instances, vmi.metadata.namespace, vmi.metadata.name, (draft) => {
      draft.status.migrationState!.abortRequested = true;
    });
    const message = "Migration is ready to be canceled by virt-handler.";
    this.#event(migration, "Normal", "SuccessfulAbortMigration", message);
  }

  #advance({ metadata: { namespace, name } }: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): void {
    const { store, clock, index } = this.#world;
    const migration = store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name)!;
    const target = targetPodOf(this.#world, migration, vmi);
    const step = nextStep({ migration, vmi, target, rivalled: this.#isRivalled(migration, vmi) });
    const now = clock.stamp();
    // A migration that is cancelled first says so, and goes on with the next pass.
    const says = migration.metadata.deletionTimestamp !== undefined && !migration.status?.conditions?.length;
    const goes = step !== undefined && (!says || step.phase === "Failed");
    if (goes && step.phase === "Failed") this.#event(migration, "Warning", "FailedMigration", step.message!);
    if (goes && step.phase === "Succeeded") this.#event(migration, "Normal", "SuccessfulMigration", step.message!);
    store.mutate<VirtualMachineInstanceMigration>(migrationResource, namespace, name, (draft) => {
      const status = (draft.status ??= {});
      if (says) {
        status.conditions = withCondition(status.conditions, {
          lastProbeTime: now,
          lastTransitionTime: now,
          status: "True",
          type: "migrationAbortRequested",
        });
      }
      if (!goes) return;
      if (step.phase === "Pending") {
        const source = currentPod(vmi, index.podsOwnedBy(vmi.metadata.uid));
        if (source !== undefined) status.migrationState = { sourcePod: source.metadata.name };
      }
      status.phase = step.phase;
      (status.phaseTransitionTimestamps ??= []).push({ phase: step.phase, phaseTransitionTimestamp: now });
    });
  }

  #event(
    about: VirtualMachineInstanceMigration | VirtualMachineInstance,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void {
    recordEvent(this.#world, about, type, reason, message, "virtualmachine-controller");
  }
}

function priorityOf({ spec }: VirtualMachineInstanceMigration) {
  return priorities[(spec["priority"] as string | undefined) ?? ""] ?? ordinary;
}
