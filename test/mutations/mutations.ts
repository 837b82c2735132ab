/** One deliberate fault in the model, or in what is expected of it, and the experiments that must see it. */
export interface Mutation {
  what: string;
  file: string;
  find: string;
  replace: string;
  /** `--grep` of the run that must turn red. */
  grep: string;
  /** What makes the run invalid, where it cannot even begin. */
  reason?: string;
}

const strategies = "src/simulator/kubevirt/virtual-machine/run-strategy.ts";
const phases = "src/simulator/kubevirt/handler/domain-phase.ts";
const handler = "src/simulator/kubevirt/handler/virt-handler.ts";
const settings = "src/simulator/settings.ts";
const times = "src/experiment/expectations/times.ts";

/** Every cell of the fates of VMs that the basics rest on, turned wrong in the model. */
const fates: Mutation[] = [
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

/** Every remedy made to do nothing. */
const remedies: Mutation[] = [
  {
    what: "force-deleting a pod does nothing",
    file: "src/remedies/force-delete.ts",
    find: "await cluster.kube.delete(pods, pod.metadata.name, vmi.namespace, { gracePeriodSeconds: 0 });",
    replace: "void pod;",
    grep: "^power-loss-force-delete/always$",
  },
  {
    what: "the out-of-service taint is not set",
    file: "src/remedies/out-of-service-taint.ts",
    find: "[...without(taints), taint]",
    replace: "without(taints)",
    grep: "^power-loss-out-of-service-taint/always$",
  },
  {
    what: "the node's object is not deleted",
    file: "src/remedies/delete-node.ts",
    find: "() => cluster.kube.delete(nodes, name)",
    replace: "() => Promise.resolve()",
    grep: "^power-loss-delete-node/always$",
  },
  {
    what: "no migration is asked for",
    file: "src/remedies/virtctl-migrate.ts",
    find: "() => migrate(cluster, variant, vmi)",
    replace: "() => Promise.resolve()",
    grep: "^kubelet-stop-virtctl-migrate/always$",
  },
  {
    what: "a remedy is tried on VMs that do not need it",
    file: "src/experiment/need.ts",
    find: "return now !== undefined && !serves(now);",
    replace: "return false;",
    grep: "^power-loss-force-delete/always$",
    reason: "no victim needs force-delete",
  },
  {
    what: "a node that lost power does not come back",
    file: "src/faults/node-shutdown.ts",
    find: "nodesOf(victims).map((node) => actuators.powerOn(node))",
    replace: "[].map((node) => actuators.powerOn(node))",
    grep: "^node-reboot/always$",
  },
  {
    what: "a node that was cut off is not reached again",
    file: "src/faults/node-partition.ts",
    find: "nodesOf(victims).map((node) => actuators.connect(node))",
    replace: "[].map((node) => actuators.connect(node))",
    grep: "^node-partition-brief/always$",
  },
];

/** Every constant they rest on, doubled where it is used; what the settings say goes on to be expected. */
const constants: Mutation[] = [
  {
    what: "nodes are lost after twice the grace period",
    file: "src/simulator/controllers/node-lifecycle.ts",
    find: "world.settings.nodeMonitorGracePeriodSeconds * 1000",
    replace: "world.settings.nodeMonitorGracePeriodSeconds * 2000",
    grep: "^node-power-loss/rs$",
  },
  {
    what: "pods tolerate a lost node twice as long",
    file: "src/simulator/api/admission/pod.ts",
    find: `tolerate("node.kubernetes.io/unreachable", unreachableTolerationSeconds)`,
    replace: `tolerate("node.kubernetes.io/unreachable", 2 * unreachableTolerationSeconds)`,
    grep: "^node-power-loss/rs$",
  },
  {
    what: "pods tolerate a lost node half as long",
    file: "src/simulator/api/admission/pod.ts",
    find: `tolerate("node.kubernetes.io/unreachable", unreachableTolerationSeconds)`,
    replace: `tolerate("node.kubernetes.io/unreachable", unreachableTolerationSeconds / 2)`,
    grep: "^node-power-loss/rs$",
  },
  {
    what: "the watchdog waits twice as long",
    file: settings,
    find: "watchdogTimeoutSeconds: 30",
    replace: "watchdogTimeoutSeconds: 60",
    grep: "^oom-kill/always$",
  },
  {
    what: "the watchdog waits a third as long",
    file: settings,
    find: "watchdogTimeoutSeconds: 30",
    replace: "watchdogTimeoutSeconds: 1",
    grep: "^oom-kill/always$",
  },
  {
    what: "a hung guest is given twice its grace period",
    file: settings,
    find: "vmiGracePeriodSeconds: 30",
    replace: "vmiGracePeriodSeconds: 60",
    grep: "^liveness-guest-hung/always$",
  },
  {
    what: "a hung guest is given no grace period",
    file: handler,
    find: "const left = launcher.shutdownStartedMs + graceMs - now;",
    replace: "const left = launcher.shutdownStartedMs + graceMs / 30 - now;",
    grep: "^liveness-guest-hung/always$",
  },
  {
    what: "orphans are collected a tenth as often",
    file: settings,
    find: "podGcPeriodSeconds: 20",
    replace: "podGcPeriodSeconds: 200",
    grep: "^power-loss-out-of-service-taint/(always|rerun)$",
  },
  {
    what: "orphans are left alone three times as long",
    file: settings,
    find: "podGcQuarantineSeconds: 40",
    replace: "podGcQuarantineSeconds: 120",
    grep: "^power-loss-delete-node/always$",
  },
  {
    what: "orphans are not left alone",
    file: settings,
    find: "podGcQuarantineSeconds: 40",
    replace: "podGcQuarantineSeconds: 0",
    grep: "^power-loss-delete-node/always$",
  },
  {
    what: "volumes of a silent node are held twice as long",
    file: settings,
    find: "forceDetachSeconds: 360",
    replace: "forceDetachSeconds: 720",
    grep: "^not-migratable-force-delete/disk$",
  },
  {
    what: "a watchdog device waits twice as long",
    file: "src/simulator/kubevirt/guest/guest.ts",
    find: "const watchdogSeconds = 30;",
    replace: "const watchdogSeconds = 60;",
    grep: "^hang-watchdog-(poweroff|reset)/always$",
  },
  {
    what: "the kubelet probes a third as often",
    file: "src/simulator/node/prober.ts",
    find: "(this.#probe.periodSeconds ?? 10) * 1000",
    replace: "(this.#probe.periodSeconds ?? 10) * 3000",
    grep: "^(liveness-guest-hung|readiness-port-closed)/always$",
  },
];

/** Every allowance of what is expected, taken away. */
const expectations: Mutation[] = [
  {
    what: "no time is allowed for a start",
    file: times,
    find: "simulated: 20_000",
    replace: "simulated: 0",
    grep: "^vm-crash/always$",
  },
  {
    what: "an OOM kill is expected to be noticed as fast as a crash",
    file: times,
    find: `return cluster.cgroup === "v2" ? watchdog : domainEvent;`,
    replace: `return domainEvent;`,
    grep: "^oom-kill/always$",
  },
  {
    what: "no time is allowed for the toleration",
    file: times,
    find: "const seconds = cluster.settings.unreachableTolerationSeconds * 1000;",
    replace: "const seconds = cluster.settings.unreachableTolerationSeconds * 0;",
    grep: "^node-power-loss/rs$",
  },
  {
    what: "twice the toleration is expected",
    file: times,
    find: "const seconds = cluster.settings.unreachableTolerationSeconds * 1000;",
    replace: "const seconds = cluster.settings.unreachableTolerationSeconds * 2000;",
    grep: "^node-power-loss/rs$",
  },
  {
    what: "a hung guest is expected to be destroyed at once",
    file: times,
    find: "{ least: graceMs(situation), most: graceMs(situation) + 5_000 }",
    replace: "{ least: 0, most: 5_000 }",
    grep: "^liveness-guest-hung/always$",
  },
];

export const mutations: Mutation[] = [...fates, ...remedies, ...constants, ...expectations];
