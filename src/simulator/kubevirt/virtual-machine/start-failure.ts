import type { RunStrategy, VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { Random } from "../../random.ts";
import type { Settings } from "../../settings.ts";
import { isFinal } from "../instance/phase.ts";

type StartFailure = VirtualMachine["status"]["startFailure"];

/** Seconds until the next start after `failures` starts in a row that never ran (watch/vm/vm.go: calculateStartBackoffTime). */
export function startBackoffSeconds(failures: number, settings: Settings, fraction: number): number {
  const { startBackoffSeconds: step, startBackoffCapSeconds: cap } = settings;
  const interval = step * failures * failures;
  return Math.min(cap, interval + Math.floor(fraction * (interval / 2 + 1)));
}

/** The VM's count of failed starts after a look at its VMI (syncStartFailureStatus). */
export function startFailureOf(
  vm: VirtualMachine,
  vmi: VirtualMachineInstance | undefined,
  strategy: RunStrategy,
  now: Date,
  settings: Settings,
  random: Random,
): StartFailure {
  const before = vm.status?.startFailure;
  if (strategy !== "Always" && strategy !== "RerunOnFailure" && strategy !== "Once") return undefined;
  if (vmi === undefined) return before;
  const ran = vmi.status.phaseTransitionTimestamps?.some(({ phase }) => phase === "Running") ?? false;
  if (ran) return undefined;
  const { uid } = vmi.metadata;
  if (!isFinal(vmi) || before?.lastFailedVMIUID === uid) return before;
  const consecutiveFailCount = (before?.consecutiveFailCount ?? 0) + 1;
  const delay = startBackoffSeconds(consecutiveFailCount, settings, random.fraction(uid, "start back-off"));
  const retryAt = new Date(now.getTime() + delay * 1000);
  return {
    consecutiveFailCount,
    lastFailedVMIUID: uid,
    retryAfterTimestamp: retryAt.toISOString().replace(/\.\d+Z$/, "Z"),
  };
}

/** Milliseconds until the VM may be started again; 0 when now. */
export function startDelayMs(vm: VirtualMachine, now: Date): number {
  const { startFailure } = vm.status ?? {};
  return startFailure === undefined ? 0 : Math.max(0, Date.parse(startFailure.retryAfterTimestamp) - now.getTime());
}
