import type { RunStrategy, VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import { condition } from "../../../kube/objects.ts";
import type { ApiResponse } from "../../simulation.ts";
import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import { admit } from "../admission/admit.ts";
import type { Query, Target } from "../request.ts";
import { badRequest } from "../wire.ts";
import { conflict, empty, findInstance, findMachine, internalError, isDry, readOptions } from "./answers.ts";
import type { Options } from "./answers.ts";

type StateChange = NonNullable<VirtualMachine["status"]["stateChangeRequests"]>[number];

const recoveryRequired =
  "VM recovery required: Volume migration failed, leaving some volumes pointing to non-consistent targets; manual intervention is needed to reassign them to their original volumes.";

/** PUT start: runs a VM that is down, by its specification or by a request to its controller. */
export function start(world: World, target: Target, query: Query): ApiResponse {
  const vm = findMachine(world, target);
  const { name } = vm.metadata;
  const vmi = instanceOf(world, vm);
  const phase = vmi?.status.phase;
  if (vmi !== undefined && !isFinal(vmi) && phase !== undefined && phase !== "" && phase !== "Unknown") {
    throw conflict("virtualmachine", name, "VM is already running");
  }
  if (condition(vm, "ManualRecoveryRequired")?.status === "True") {
    throw conflict("virtualmachine", name, recoveryRequired);
  }
  const options = readOptions(query, "StartOptions");
  const request: StateChange = { action: "Start", ...(options.paused === true && { data: { paused: "true" } }) };
  const strategy = runStrategyOf(vm);
  switch (strategy) {
    case "Halted":
      if (options.paused === true) requestChange(world, vm, [request], options);
      else setRunning(world, vm, true, options);
      return empty(202);
    case "Manual":
    case "RerunOnFailure":
      if (strategy === "RerunOnFailure" && phase === "Failed") {
        throw conflict("virtualmachine", name, "RerunOnFailure does not support starting VM from failed state");
      }
      requestChange(world, vm, vmi !== undefined && isFinal(vmi) ? [stop(vmi), request] : [request], options);
      return empty(202);
    default:
      throw conflict("virtualmachine", name, `${strategy} does not support manual start requests`);
  }
}

/** PUT stop: takes a VM down, by its specification or by a request to its controller. */
export function stopMachine(world: World, target: Target, query: Query): ApiResponse {
  const options = readOptions(query, "StopOptions");
  const vm = findMachine(world, target);
  const { name } = vm.metadata;
  const vmi = instanceOf(world, vm);
  const running = vmi !== undefined && !isFinal(vmi) ? vmi : undefined;
  const graceBefore = vmi?.spec.terminationGracePeriodSeconds;
  const strategy = runStrategyOf(vm);
  const byRequest = strategy === "Halted" || strategy === "Manual" || strategy === "RerunOnFailure";
  if (running !== undefined && options.gracePeriod !== undefined)
    setGrace(world, running, options.gracePeriod, options);
  if (!byRequest) {
    setRunning(world, vm, false, options);
    return empty(202);
  }
  if (running === undefined) throw conflict("virtualmachine", name, "VM is not running");
  const { gracePeriod } = options;
  const notShorter = gracePeriod === undefined || (graceBefore !== undefined && gracePeriod >= graceBefore);
  if (strategy === "Halted" && notShorter) {
    throw conflict("virtualmachine", name, "Halted only supports manual stop requests with a shorter graceperiod");
  }
  requestChange(world, vm, [stop(running)], options);
  return empty(202);
}

/** PUT restart: asks the VM's controller to replace its instance. */
export function restart(world: World, target: Target, query: Query): ApiResponse {
  const options = readOptions(query, "RestartOptions");
  const { gracePeriodSeconds: grace } = options;
  if (grace !== undefined && grace > 0) {
    throw badRequest("For force restart, only gracePeriod=0 is supported for now");
  }
  if (grace !== undefined && grace < 0) throw badRequest("gracePeriod has to be greater or equal to 0");
  const vm = findMachine(world, target);
  const { name } = vm.metadata;
  const strategy = runStrategyOf(vm);
  if (strategy === "Halted" || strategy === "Once") {
    throw conflict("virtualmachine", name, `RunStategy ${strategy} does not support manual restart requests`);
  }
  const vmi = instanceOf(world, vm);
  if (vmi === undefined) throw conflict("virtualmachine", name, "VM is not running: Halted");
  requestChange(world, vm, [stop(vmi), { action: "Start" }], { ...options, dryRun: ["All"] });
  // The shortest grace that is safe; no grace at all would cut the guest off before it is asked.
  if (grace === 0) setGrace(world, vmi, 1, options);
  requestChange(world, vm, [stop(vmi), { action: "Start" }], options);
  return empty(202);
}

/** PUT migrate: creates a migration; what admission has against it comes back as an internal error. */
export function migrate(world: World, target: Target, query: Query): ApiResponse {
  const options = readOptions(query, "MigrateOptions");
  const vm = findMachine(world, target);
  const vmi = findInstance(world, target);
  const { name, namespace } = vm.metadata;
  if (vmi.status.phase !== "Running") throw conflict("virtualmachine", name, "VM is not running");
  const { addedNodeSelector } = options;
  const migration = {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachineInstanceMigration",
    metadata: { generateName: "kubevirt-migrate-vm-", ...(namespace !== undefined && { namespace }) },
    spec: { vmiName: name, ...(addedNodeSelector !== undefined && { addedNodeSelector }) },
  };
  try {
    const admitted = admit(world, "virtualmachineinstancemigrations", migration as never);
    world.store.create("virtualmachineinstancemigrations", admitted, { dryRun: isDry(options) });
  } catch (error) {
    if (error instanceof StatusError) throw internalError(error.message);
    throw error;
  }
  return empty(202);
}

function instanceOf({ store }: World, { metadata }: VirtualMachine): VirtualMachineInstance | undefined {
  return store.get<VirtualMachineInstance>("virtualmachineinstances", metadata.namespace, metadata.name);
}

function isFinal({ status }: VirtualMachineInstance): boolean {
  return status.phase === "Succeeded" || status.phase === "Failed";
}

function runStrategyOf({ spec }: VirtualMachine): RunStrategy {
  return spec.runStrategy ?? (spec.running === true ? "Always" : "Halted");
}

function stop({ metadata }: VirtualMachineInstance): StateChange {
  return { action: "Stop", uid: metadata.uid };
}

/** A lasting change of the specification. */
function setRunning(world: World, vm: VirtualMachine, running: boolean, options: Options): void {
  const runStrategy: RunStrategy = running ? "Always" : "Halted";
  const change = vm.spec.runStrategy === undefined ? { running } : { runStrategy };
  const { status } = vm as Partial<VirtualMachine>;
  // An accepted start or stop ends the back-off after failed starts.
  const { startFailure: _forgotten, ...rest } = status ?? {};
  const changed = { ...vm, spec: { ...vm.spec, ...change }, ...(status !== undefined && { status: rest }) };
  world.store.update("virtualmachines", changed, { dryRun: isDry(options) });
}

/** A request that the VM's controller takes up; only a lone stop may displace what is still waiting. */
function requestChange(world: World, vm: VirtualMachine, changes: StateChange[], options: Options): void {
  const { status = {} } = vm as Partial<VirtualMachine>;
  const waiting = status.stateChangeRequests ?? [];
  const loneStop = changes.length === 1 && changes[0]!.action === "Stop";
  if (waiting.length > 0 && !loneStop) {
    throw internalError("unable to complete request: stop/start already underway");
  }
  const { startFailure: _forgotten, ...rest } = status;
  const changed = { ...vm, status: { ...rest, stateChangeRequests: changes } };
  world.store.update("virtualmachines", changed, { dryRun: isDry(options) });
}

function setGrace(world: World, vmi: VirtualMachineInstance, seconds: number, options: Options): void {
  const changed = { ...vmi, spec: { ...vmi.spec, terminationGracePeriodSeconds: seconds } };
  world.store.update("virtualmachineinstances", changed, { dryRun: isDry(options) });
}
