import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import { withCondition } from "../conditions.ts";
import { migrationConfiguration } from "../configuration.ts";
import { createAdmitted } from "../create.ts";
import { currentPod, isPodDownOrGoingDown, isPodUp } from "../instance/pods.ts";
import { isFinal } from "../instance/phase.ts";
import { annotations, finalizers } from "../names.ts";
import { Retries } from "../retries.ts";
import { backOffMs } from "./back-off.ts";
import { finish, markFailed } from "./finish.ts";
import { handOver } from "./hand-over.ts";
import { activePods, isOver, migrationResource, targetPodOf, type Migrations } from "./migrations.ts";
import { dropTarget, patienceMs } from "./patience.ts";
import { isHandedOver, nextStep } from "./phase.ts";
import { targetPod } from "./target-pod.ts";

const instances = "virtualmachineinstances";

/** How soon a migration that waits for its turn asks again, by its priority (migration.go: getRequeueDelayForPriority). */
const requeueSeconds: Record<string, number> = { "system-critical": 1, "user-triggered": 3 };
const requeueSecondsOtherwise = 5;

/**
 * virt-controller's migration controller (watch/migration/migration.go): gives each migration its turn and its target
 * pod, hands the VMI over to the virt-handlers of both nodes, and follows what they report to the end.
 */
export class MigrationController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #migrations: Migrations;
  readonly #retries = new Retries();

  constructor(world: World, migrations: Migrations) {
    this.#world = world;
    this.#migrations = migrations;
    this.#queue = new WorkQueue(world, "migration", "virt-controller", (key) => this.#reconcile(key));
    world.store.subscribe((change) => this.#observe(change));
  }

  #observe({ resource, verb, object }: Change): void {
    const { namespace, name, ownerReferences } = object.metadata;
    if (resource === migrationResource) this.#queue.add(`${namespace}/${name}`);
    if (resource === instances && verb === "DELETED") this.#addOrphans(namespace, name);
    else if (resource === instances) this.#addAllOf(namespace, name);
    if (resource === "pods") {
      const owner = ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstance");
      if (owner !== undefined) this.#addAllOf(namespace, owner.name);
    }
  }

  #addAllOf(namespace: string | undefined, vmiName: string): void {
    for (const { metadata } of this.#migrations.of(namespace, vmiName)) {
      if (metadata.finalizers?.includes(finalizers.migration)) this.#queue.add(`${namespace}/${metadata.name}`);
    }
  }

  /** At once, before a VMI of the same name may be there again: they go with the one that they were for. */
  #addOrphans(namespace: string | undefined, vmiName: string): void {
    for (const { metadata } of this.#migrations.of(namespace, vmiName))
      this.#queue.add(`${namespace}/${metadata.name}`, 1);
  }

  #reconcile(key: string): void {
    const [namespace, name] = key.split("/") as [string, string];
    const { store } = this.#world;
    const migration = store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name);
    if (migration === undefined) return this.#retries.forget(key);
    // Every write to a migration or a VMI passes a webhook of virt-api's.
    if (!this.#world.up("virt-api")) return this.#queue.add(key, this.#retries.next(key));
    this.#retries.forget(key);
    const vmi = store.get<VirtualMachineInstance>(instances, namespace, migration.spec.vmiName);
    if (vmi === undefined && migration.metadata.deletionTimestamp === undefined) {
      store.delete(migrationResource, namespace, name);
      return;
    }
    if (migration.metadata.annotations?.[annotations.latestObservedApiVersion] === undefined) {
      return this.#noteApiVersion(migration);
    }
    if (isOver(migration)) return finish(this.#world, this.#migrations, migration, vmi);
    const target = vmi && targetPodOf(this.#world, migration, vmi);
    if (vmi !== undefined && !isFinal(vmi)) this.#sync(key, migration, vmi, target);
    this.#advance(migration, target);
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

  #sync(
    key: string,
    migration: VirtualMachineInstanceMigration,
    vmi: VirtualMachineInstance,
    target: Pod | undefined,
  ): void {
    const cancelled = migration.metadata.deletionTimestamp !== undefined;
    if (target !== undefined && isPodDownOrGoingDown(target)) return markFailed(this.#world, migration, vmi);
    if (cancelled && !isHandedOver(migration, vmi))
      return target && dropTarget(this.#world, migration, target, "canceled");
    switch (migration.status?.phase ?? "") {
      case "Pending":
        if (target === undefined && vmi.status.phase === "Running") this.#createTarget(key, migration, vmi);
        break;
      case "Scheduling":
        if (target !== undefined) this.#wait(key, migration, vmi, target);
        break;
      case "Scheduled":
        if (target !== undefined && isPodUp(target) && !isHandedOver(migration, vmi)) {
          handOver(this.#world, migration, vmi, target);
        }
        break;
      case "Running":
        if (cancelled) this.#requestAbort(migration, vmi);
    }
  }

  #createTarget(key: string, migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): void {
    const { settings, clock, store } = this.#world;
    const { namespace, name } = vmi.metadata;
    if (vmi.metadata.annotations?.[annotations.nonroot] === undefined) {
      store.mutate(instances, namespace, name, ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, [annotations.nonroot]: "true" };
      });
    }
    const limits = migrationConfiguration(this.#world);
    const sources = this.#migrations.sourcesUnderWay();
    const fromHere = sources.filter((node) => node === vmi.status.nodeName).length;
    if (sources.length >= limits.parallelMigrationsPerCluster || fromHere >= limits.parallelOutboundMigrationsPerNode) {
      const priority = migration.spec["priority"] as string | undefined;
      return this.#queue.add(key, (requeueSeconds[priority ?? ""] ?? requeueSecondsOtherwise) * 1000);
    }
    if (activePods(this.#world, vmi) > 1) return;
    const earlier = this.#migrations.of(namespace, name).filter(isOver);
    const waitMs = backOffMs(migration, earlier, settings.evacuationBackoffSeconds, clock.wall().getTime());
    if (waitMs > 0) {
      const message = `backoff migrating vmi ${namespace}/${name}`;
      recordEvent(this.#world, vmi, "Warning", "MigrationBackoff", message, "virtualmachine-controller");
      return this.#queue.add(key, waitMs);
    }
    try {
      const current = store.get<VirtualMachineInstance>(instances, namespace, name)!;
      const pod = createAdmitted<Pod>(this.#world, "pods", targetPod(this.#world, current, migration));
      this.#event(migration, "Normal", "SuccessfulCreate", `Created migration target pod ${pod.metadata.name}`);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#event(migration, "Warning", "FailedCreate", `Error creating pod: ${error.message}`);
      this.#queue.add(key, this.#retries.next(key));
    }
  }

  #wait(key: string, migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance, target: Pod): void {
    const leftMs = patienceMs(this.#world, migration, vmi, target);
    if (leftMs > 0) this.#queue.add(key, leftMs);
    else if (leftMs <= 0) dropTarget(this.#world, migration, target, "timed out");
  }

  #requestAbort(migration: VirtualMachineInstanceMigration, vmi: VirtualMachineInstance): void {
    const state = vmi.status.migrationState!;
    if (state.abortRequested === true || state.endTimestamp !== undefined) return;
    this.#world.store.mutate<VirtualMachineInstance>(instances, vmi.metadata.namespace, vmi.metadata.name, (draft) => {
      draft.status.migrationState!.abortRequested = true;
    });
    const message = "Migration is ready to be canceled by virt-handler.";
    this.#event(migration, "Normal", "SuccessfulAbortMigration", message);
  }

  #advance({ metadata, spec }: VirtualMachineInstanceMigration, target: Pod | undefined): void {
    const { store, clock } = this.#world;
    const { namespace, name } = metadata;
    const migration = store.get<VirtualMachineInstanceMigration>(migrationResource, namespace, name)!;
    const vmi = store.get<VirtualMachineInstance>(instances, namespace, spec.vmiName);
    const rivalled = this.#migrations.unfinishedOf(namespace, spec.vmiName).some((other) => {
      return other.metadata.name !== name && (other.status?.phase ?? "") !== "";
    });
    const step = nextStep({ migration, vmi, target, rivalled });
    const now = clock.stamp();
    if (step?.phase === "Failed") this.#event(migration, "Warning", "FailedMigration", step.message!);
    if (step?.phase === "Succeeded") this.#event(migration, "Normal", "SuccessfulMigration", step.message!);
    store.mutate<VirtualMachineInstanceMigration>(migrationResource, namespace, name, (draft) => {
      const status = (draft.status ??= {});
      if (metadata.deletionTimestamp !== undefined && !status.conditions?.length) {
        status.conditions = withCondition(status.conditions, {
          lastProbeTime: now,
          lastTransitionTime: now,
          status: "True",
          type: "migrationAbortRequested",
        });
      }
      if (step === undefined) return;
      if (step.phase === "Pending" && vmi !== undefined) {
        const source = currentPod(vmi, this.#world.index.podsOwnedBy(vmi.metadata.uid));
        if (source !== undefined) status.migrationState = { sourcePod: source.metadata.name };
      }
      status.phase = step.phase;
      (status.phaseTransitionTimestamps ??= []).push({ phase: step.phase, phaseTransitionTimestamp: now });
    });
  }

  #event(
    migration: VirtualMachineInstanceMigration,
    type: "Normal" | "Warning",
    reason: string,
    message: string,
  ): void {
    recordEvent(this.#world, migration, type, reason, message, "virtualmachine-controller");
  }
}
