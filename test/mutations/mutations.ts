import { fates } from "./fates.ts";
import { maintenance } from "./maintenance.ts";
import type { Mutation } from "./mutation.ts";
import { parts } from "./parts.ts";

const handler = "src/simulator/kubevirt/handler/virt-handler.ts";
const migrations = "src/simulator/kubevirt/migration/migration-controller.ts";
const settings = "src/simulator/settings.ts";
const times = "src/experiment/expectations/times.ts";

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
    find: "[...taints.filter(({ key }) => key !== taint.key), taint]",
    replace: "taints.filter(({ key }) => key !== taint.key)",
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
    what: "the drained node is not uncordoned",
    file: "src/remedies/uncordon.ts",
    find: "await uncordonNode(cluster, name);",
    replace: "",
    grep: "^drain-two-nodes/always$",
  },
  {
    what: "the next node is not drained",
    file: "src/remedies/drain-next.ts",
    find: "return drainNodes(cluster, now);",
    replace: "return [];",
    grep: "^drain-two-nodes/always$",
  },
  {
    what: "the cluster's own eviction strategy is not set",
    file: "src/experiment/cluster-default.ts",
    find: "await kube.mergePatch(resource, name, namespace, patch);",
    replace: "",
    grep: "^drain-cluster-livemigrate/always$",
    reason: "the cluster's eviction strategy to be LiveMigrate",
  },
  {
    what: "a VM that contradicts its instance type is accepted",
    file: "src/simulator/api/admission/instancetype-conflicts.ts",
    find: "return [...inSpec, ...annotationConflicts(type, vm)].map(",
    replace: "return [...inSpec.slice(inSpec.length), ...annotationConflicts(type, vm)].map(",
    grep: "^sizes-crash/(requests|instance-type-and-own-resources)$",
  },
  {
    what: "pods of a lost node are not left Terminating",
    file: "src/recovery/judge.ts",
    find: "return state?.exists === true && state.deleting;",
    replace: "return state === undefined;",
    grep: "^node-power-loss/always$",
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
    reason: "left over",
  },
  {
    what: "a node that was cut off is not reached again",
    file: "src/faults/node-partition.ts",
    find: "nodesOf(victims).map((node) => actuators.connect(node))",
    replace: "[].map((node) => actuators.connect(node))",
    grep: "^node-partition-brief/always$",
    reason: "left over",
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
    find: "const left = (launcher.shutdownStartedMs ?? now) + graceMs - now;",
    replace: "const left = (launcher.shutdownStartedMs ?? now) + graceMs / 30 - now;",
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
    what: "twice as many VMs migrate from one node at once",
    file: migrations,
    find: "fromHere >= limits.parallelOutboundMigrationsPerNode",
    replace: "fromHere >= 2 * limits.parallelOutboundMigrationsPerNode",
    grep: "^drain-many/",
  },
  {
    what: "twice as many VMs migrate in the cluster at once",
    file: migrations,
    find: "underWay.length >= limits.parallelMigrationsPerCluster",
    replace: "underWay.length >= 2 * limits.parallelMigrationsPerCluster",
    grep: "^live-migration-many/",
  },
  {
    what: "failed starts are followed by twice the back-off",
    file: settings,
    find: "startBackoffSeconds: 10",
    replace: "startBackoffSeconds: 20",
    grep: "^start-crash-3/always$",
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

export const mutations: Mutation[] = [...fates, ...parts, ...maintenance, ...remedies, ...constants, ...expectations];
