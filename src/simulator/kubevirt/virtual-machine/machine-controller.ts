import type { VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import { call, webhooks } from "../../api/admission/webhook.ts";
import { WorkQueue } from "../../controller.ts";
import { recordEvent } from "../../event-recorder.ts";
import { StatusError } from "../../status-error.ts";
import type { Change } from "../../store.ts";
import type { World } from "../../world.ts";
import { createAdmitted } from "../create.ts";
import { isFinal } from "../instance/phase.ts";
import { annotations, finalizers } from "../names.ts";
import { Retries } from "../retries.ts";
import { SyncError } from "../sync-error.ts";
import { instanceFrom, isControlledBy } from "./instance-from-vm.ts";
import { matchInstancetype, type Matched } from "./instancetype.ts";
import { printableStatus } from "./printable-status.ts";
import { keepStartRevision } from "./revisions.ts";
import { actionFor, pendingRequests, runStrategyOf } from "./run-strategy.ts";
import { startDelayMs, startFailureOf } from "./start-failure.ts";
import { describe, describeRestart, setOrDrop } from "./status.ts";
import { createDataVolumes, snapshotStatuses, storageOf } from "./storage.ts";
import { syncTemplate } from "./template-changes.ts";

const resource = "virtualmachines";
const instances = "virtualmachineinstances";

/** What one pass did, for the status it leaves. */
interface Pass {
  sent: "create" | "delete" | undefined;
  thenStart: boolean;
  matched: Matched | undefined;
  /** Why it has to be restarted for what is new in its template: null where it has not, undefined where that was not looked at. */
  restartFor: string | null | undefined;
}

/** virt-controller's VM controller: keeps the VMI that a VM's run strategy asks for, and tells its state. */
export class MachineController {
  readonly #world: World;
  readonly #queue: WorkQueue;
  readonly #retries = new Retries();

  constructor(world: World) {
    this.#world = world;
    this.#queue = new WorkQueue(world, "vm", "virt-controller", (key) => this.#reconcile(key));
    world.store.subscribe((change) => this.#observe(change));
  }

  #observe({ resource: changed, object }: Change): void {
    const { namespace, name, ownerReferences } = object.metadata;
    if (changed === resource) this.#queue.add(`${namespace}/${name}`);
    if (changed !== instances && changed !== "datavolumes" && changed !== "persistentvolumeclaims") return;
    const owner = ownerReferences?.find(({ kind }) => kind === "VirtualMachine");
    if (owner !== undefined) this.#queue.add(`${namespace}/${owner.name}`);
  }

  /** A pass that the API refuses, or that leaves something to be done, is tried again, later each time. */
  #reconcile(key: string): void {
    const [namespace, name] = key.split("/") as [string, string];
    const vm = this.#world.store.get<VirtualMachine>(resource, namespace, name);
    if (vm === undefined) return this.#retries.forget(key);
    try {
      if (this.#prepare(vm) || this.#process(key, vm)) this.#retries.forget(key);
      else this.#queue.add(key, this.#retries.next(key));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      this.#queue.add(key, this.#retries.next(key));
    }
  }

  /** Whether all went well; throws a StatusError where the API refused what cannot be told in the VM's status. */
  #process(key: string, vm: VirtualMachine): boolean {
    const { namespace, name } = vm.metadata;
    const found = this.#world.store.get<VirtualMachineInstance>(instances, namespace, name);
    const vmi = found !== undefined && isControlledBy(found, vm) ? found : undefined;
    const pass: Pass = { sent: undefined, thenStart: false, matched: undefined, restartFor: undefined };
    let error: SyncError | undefined;
    try {
      if (vm.metadata.deletionTimestamp !== undefined) this.#wind(vm, vmi, pass);
      else this.#sync(key, vm, vmi, pass);
    } catch (caught) {
      if (!(caught instanceof SyncError)) throw caught;
      error = caught;
    }
    this.#updateStatus(vm, vmi, pass, error);
    if (vmi !== undefined && isFinal(vmi)) this.#release(vmi);
    return error === undefined;
  }

  /** What a new VM gets before anything else; true where something was written, which brings the next pass. */
  #prepare(vm: VirtualMachine): boolean {
    const { metadata, status } = vm;
    if (metadata.deletionTimestamp !== undefined) return false;
    if (status?.["volumeSnapshotStatuses"] === undefined) {
      this.#mutate(vm, (draft) => {
        draft.status ??= {};
        draft.status.printableStatus ??= "Stopped";
        draft.status["volumeSnapshotStatuses"] = snapshotStatuses(draft);
      });
    } else if (metadata.annotations?.[annotations.latestObservedApiVersion] === undefined) {
      this.#mutate(vm, (draft) => {
        draft.metadata.annotations = {
          ...draft.metadata.annotations,
          [annotations.latestObservedApiVersion]: "v1",
          [annotations.storageObservedApiVersion]: "v1",
        };
      });
    } else if (metadata.finalizers?.includes(finalizers.virtualMachine) !== true) {
      this.#mutate(vm, (draft) => {
        draft.metadata.finalizers = [...(draft.metadata.finalizers ?? []), finalizers.virtualMachine];
      });
    } else return false;
    return true;
  }

  /** A VM on its way out: first its VMI, then its finalizer. */
  #wind(vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, pass: Pass): void {
    if (vmi !== undefined) return this.#stop(vm, vmi, pass);
    this.#mutate(vm, (draft) => {
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((one) => one !== finalizers.virtualMachine);
    });
  }

  #sync(key: string, vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, pass: Pass): void {
    pass.matched = matchInstancetype(this.#world, vm);
    for (const name of createDataVolumes(this.#world, vm)) {
      this.#event(vm, "Normal", "SuccessfulDataVolumeCreate", `Created DataVolume ${name}`);
    }
    this.#run(key, vm, vmi, pass);
    if (vmi !== undefined) pass.restartFor = syncTemplate(this.#world, vm, vmi, pass.sent === undefined) ?? null;
    else if (pass.sent === "create") pass.restartFor = null;
  }

  /** What the run strategy demands. */
  #run(key: string, vm: VirtualMachine, vmi: VirtualMachineInstance | undefined, pass: Pass): void {
    const action = actionFor(vm, vmi);
    switch (action.do) {
      case "nothing":
        return;
      case "delete":
        this.#stop(vm, vmi!, pass);
        pass.thenStart = action.thenStart;
        return;
      case "become-always":
        this.#mutate(vm, (draft) => {
          if (draft.spec.running === undefined) draft.spec.runStrategy = "Always";
          else draft.spec.running = true;
        });
        return;
      case "create": {
        const delayMs = runStrategyOf(vm) === "Once" ? 0 : startDelayMs(vm, this.#world.clock.wall());
        if (delayMs > 0) this.#queue.add(key, delayMs);
        else this.#start(vm, pass);
      }
    }
  }

  #start(vm: VirtualMachine, pass: Pass): void {
    const { name } = vm.metadata;
    const revision = keepStartRevision(this.#world, vm);
    try {
      createAdmitted<VirtualMachineInstance>(this.#world, instances, instanceFrom(vm, pass.matched!, revision));
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      const message = `Error creating virtual machine instance: ${error.message}`;
      this.#event(vm, "Warning", "FailedCreate", message);
      throw new SyncError("FailedCreate", `Failure while starting VMI: ${error.message}`);
    }
    pass.sent = "create";
    const message = `Started the virtual machine by creating the new virtual machine instance ${name}`;
    this.#event(vm, "Normal", "SuccessfulCreate", message);
  }

  #stop(vm: VirtualMachine, vmi: VirtualMachineInstance, pass: Pass): void {
    if (vmi.metadata.deletionTimestamp !== undefined) return;
    const { namespace, name, uid } = vmi.metadata;
    this.#world.store.delete(instances, namespace, name, { preconditions: { uid } });
    pass.sent = "delete";
    const message = `Stopped the virtual machine by deleting the virtual machine instance ${uid}`;
    this.#event(vm, "Normal", "SuccessfulDelete", message);
  }

  #updateStatus(
    vm: VirtualMachine,
    vmi: VirtualMachineInstance | undefined,
    pass: Pass,
    error: SyncError | undefined,
  ): void {
    const { clock, settings, random } = this.#world;
    this.#mutate(
      vm,
      (draft) => {
        const strategy = runStrategyOf(draft);
        const startFailure = startFailureOf(draft, vmi, strategy, clock.wall(), settings, random);
        setOrDrop(draft.status, "startFailure", startFailure);
        const requests = pendingRequests(draft, vmi);
        if (pass.thenStart) requests.push({ action: "Start" });
        setOrDrop(draft.status, "stateChangeRequests", requests.length > 0 ? requests : undefined);
        for (const [ref, value] of Object.entries(pass.matched?.refs ?? {})) setOrDrop(draft.status, ref, value);
        describe(draft, vmi, strategy, error, clock.stamp());
        describeRestart(draft, pass.restartFor, clock.stamp());
        draft.status.printableStatus = printableStatus({
          vm: draft,
          vmi,
          strategy,
          startFailure,
          sent: pass.sent,
          ...storageOf(this.#world.store, draft),
        });
      },
      webhooks.statusValidator,
    );
  }

  /** The VM controller has seen the end of its VMI. */
  #release({ metadata: { namespace, name, uid } }: VirtualMachineInstance): void {
    call(this.#world, webhooks.vmiUpdateValidator);
    this.#world.store.mutate<VirtualMachineInstance>(instances, namespace, name, (draft) => {
      if (draft.metadata.uid !== uid) return;
      draft.metadata.finalizers = (draft.metadata.finalizers ?? []).filter((one) => one !== finalizers.virtualMachine);
    });
  }

  /** Changes the VM, or its status alone: each has to pass a webhook of virt-api's. */
  #mutate(
    { metadata: { namespace, name, uid } }: VirtualMachine,
    change: (draft: VirtualMachine) => void,
    webhook = webhooks.vmMutator,
  ): void {
    call(this.#world, webhook);
    this.#world.store.mutate<VirtualMachine>(resource, namespace, name, (draft) => {
      if (draft.metadata.uid === uid) change(draft);
    });
  }

  #event(vm: VirtualMachine, type: "Normal" | "Warning", reason: string, message: string): void {
    recordEvent(this.#world, vm, type, reason, message, "virtualmachine-controller");
  }
}
