import type { Mutation } from "./mutation.ts";

const strategies = "src/simulator/kubevirt/virtual-machine/run-strategy.ts";
const phases = "src/simulator/kubevirt/handler/domain-phase.ts";

/** Every cell of the fates of VMs that the basics rest on, turned wrong in the model. */
export const fates: Mutation[] = [
  {
    what: "Always does not restart a VM that ended",
    file: strategies,
    find: `return hasStopRequest(requests, vmi) || isFinal(vmi) ? { do: "delete", thenStart: false } : { do: "nothing" };
    case "RerunOnFailure"`,
    replace: `return hasStopRequest(requests, vmi) ? { do: "delete", thenStart: false } : { do: "nothing" };
    case "RerunOnFailure"`,
    grep: "^vm-crash/always$",
  },
  {
    what: "RerunOnFailure does not restart after a failure",
    file: strategies,
    find: `thenStart: vmi.status.phase === "Failed" }`,
    replace: `thenStart: false }`,
    grep: "^vm-crash/rerun$",
  },
  {
    what: "RerunOnFailure restarts after a clean shutdown",
    file: strategies,
    find: `thenStart: vmi.status.phase === "Failed" }`,
    replace: `thenStart: true }`,
    grep: "^liveness-port-closed/rerun$",
  },
  {
    what: "Manual restarts a VM that ended",
    file: strategies,
    find: `return hasStopRequest(requests, vmi) ? { do: "delete", thenStart: false } : { do: "nothing" };
    case "Halted"`,
    replace: `return isFinal(vmi) ? { do: "delete", thenStart: true } : { do: "nothing" };
    case "Halted"`,
    grep: "^vm-crash/manual$",
  },
  {
    what: "Once runs a second time",
    file: strategies,
    find: `case "Once":
      return vmi === undefined ? { do: "create" } : { do: "nothing" };`,
    replace: `case "Once":
      if (vmi !== undefined && isFinal(vmi)) return { do: "delete", thenStart: false };
      return vmi === undefined ? { do: "create" } : { do: "nothing" };`,
    grep: "^vm-crash/once$",
  },
  {
    what: "Halted starts",
    file: strategies,
    find: `return hasStartRequest(requests) ? { do: "become-always" } : { do: "nothing" };`,
    replace: `return { do: "become-always" };`,
    grep: "^vm-crash/",
    reason: "halted is Halted and runs",
  },
  {
    what: "Once does not start again when its VMI is deleted",
    file: strategies,
    find: `return vmi === undefined ? { do: "create" } : { do: "nothing" };
    case "WaitAsReceiver"`,
    replace: `return vmi === undefined && vm.status?.runStrategy !== strategy ? { do: "create" } : { do: "nothing" };
    case "WaitAsReceiver"`,
    grep: "^vmi-delete/once$",
  },
  {
    what: "RerunOnFailure starts again when its VMI is deleted",
    file: strategies,
    find: `return hasStartRequest(requests) || fresh ? { do: "create" } : { do: "nothing" };`,
    replace: `return { do: "create" };`,
    grep: "^vmi-delete/rerun$",
  },
  {
    what: "RerunOnFailure starts again when it is stopped",
    file: strategies,
    find: `return hasStartRequest(requests) || fresh ? { do: "create" } : { do: "nothing" };`,
    replace: `return { do: "create" };`,
    grep: "^virtctl-stop/rerun$",
  },
  {
    what: "Manual does not start again when it is restarted",
    file: strategies,
    find: `if (vmi === undefined) return hasStartRequest(requests) ? { do: "create" } : { do: "nothing" };
      return`,
    replace: `if (vmi === undefined) return { do: "nothing" };
      return`,
    grep: "^virtctl-restart/manual$",
    reason: "manual has 0 of 1 VMIs",
  },
  {
    what: "a panic device says nothing",
    file: "src/simulator/kubevirt/guest/guest.ts",
    find: `this.vmi.spec.domain.devices["panicDevices"] !== undefined`,
    replace: "false",
    grep: "^guest-panic-heard/always$",
  },
  {
    what: "a panic is heard without a panic device",
    file: "src/simulator/kubevirt/guest/guest.ts",
    find: `this.vmi.spec.domain.devices["panicDevices"] !== undefined`,
    replace: "true",
    grep: "^guest-panic-unheard/always$",
  },
  {
    what: "a watchdog device resets where it should power off",
    file: "src/simulator/kubevirt/launcher/domain.ts",
    find: `return this.destroy();
      case "reset":`,
    replace: `return this.reset();
      case "reset":`,
    grep: "^hang-watchdog-poweroff/always$",
  },
  {
    what: "a guest that reboots loses its machine",
    file: "src/simulator/kubevirt/launcher/domain.ts",
    find: `    else this.reset();
  }`,
    replace: `    else this.destroy();
  }`,
    grep: "^guest-reboot/always$",
  },
  {
    what: "a VM whose pod is gone is left running",
    file: "src/simulator/kubevirt/instance/status.ts",
    find: "} else if (pod === undefined) {",
    replace: "} else if (pod === null) {",
    grep: "^power-loss-force-delete/always$",
  },
  {
    what: "an eviction under None is refused",
    file: "src/simulator/api/admission/pod-eviction.ts",
    find: `return strategy === "LiveMigrate" || strategy === "External"`,
    replace: `return strategy === "None" || strategy === "LiveMigrate" || strategy === "External"`,
    grep: "^drain-none/always$",
  },
  {
    what: "an eviction under External is allowed",
    file: "src/simulator/api/admission/pod-eviction.ts",
    find: `return strategy === "LiveMigrate" || strategy === "External"`,
    replace: `return strategy === "LiveMigrate"`,
    grep: "^drain-external/always$",
  },
  {
    what: "a VM that cannot be migrated is shut down by a drain",
    file: "src/simulator/api/admission/pod-eviction.ts",
    find: `if (strategy === "LiveMigrate" && !migratable) {`,
    replace: `if (strategy === "LiveMigrate" && !migratable) return false;
  if (strategy === "no such strategy") {`,
    grep: "^drain-bridge/always$",
  },
  {
    what: "the kubelet evicts nothing",
    file: "src/simulator/settings.ts",
    find: "evictionHardMemoryMiB: 100",
    replace: "evictionHardMemoryMiB: 1",
    grep: "^node-pressure-always/evicted$",
  },
  {
    what: "a crashed domain counts as shut down",
    file: phases,
    find: `case "Crashed":
    case "Panicked":
      return "Failed";`,
    replace: `case "Crashed":
    case "Panicked":
      return "Succeeded";`,
    grep: "^vm-crash/rerun$",
  },
  {
    what: "a guest that obeyed counts as crashed",
    file: phases,
    find: `case "Shutdown":
      return "Succeeded";`,
    replace: `case "Shutdown":
      return "Failed";`,
    grep: "^liveness-port-closed/rerun$",
  },
  {
    what: "a hung guest that was destroyed counts as shut down",
    file: phases,
    find: `return shutsDownByAcpi(vmi) ? "Failed" : "Succeeded";`,
    replace: `return "Succeeded";`,
    grep: "^liveness-guest-hung/rerun$",
  },
  {
    what: "a VM without a domain is left running",
    file: phases,
    find: `return phase === "Running" ? "Failed" : phase;`,
    replace: `return phase;`,
    grep: "^oom-kill/always$",
  },
  {
    what: "a replica set does not replace members that ended or are ending",
    file: "src/simulator/kubevirt/replica-set/replica-set-controller.ts",
    find: `if (isFinal(vmi) || vmi.metadata.deletionTimestamp !== undefined) return false;`,
    replace: `return true;`,
    grep: "^(vm-crash|node-power-loss)/rs$",
  },
  {
    what: "a replica set waits for the end of a member on a dead node",
    file: "src/simulator/kubevirt/replica-set/replica-set-controller.ts",
    find: `return !(ready?.status === "False" && ready.reason === "PodTerminating");`,
    replace: `return ready !== null;`,
    grep: "^node-power-loss/rs$",
  },
  {
    what: "a VM on a dead node ends when its pod is marked",
    file: "src/simulator/kubevirt/instance/status.ts",
    find: "} else if (pod === undefined) {",
    replace: "} else if (pod?.metadata.deletionTimestamp !== undefined || pod === undefined) {",
    grep: "^node-power-loss/manual$",
  },
  {
    what: "readiness does not reach the VMI",
    file: "src/simulator/kubevirt/instance/ready-condition.ts",
    find: "status: ready.status,",
    replace: `status: "True",`,
    grep: "^readiness-port-closed/always$",
  },
];
