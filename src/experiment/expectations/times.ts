import type { Probe } from "../../kube/objects.ts";
import { migrationObstacle } from "../../workload/migration-obstacle.ts";
import { obeysAcpi, statedBootSeconds } from "../../workload/traits.ts";
import { milliseconds, type Duration } from "../../workload/duration.ts";
import { vmiSpecOf } from "../../workload/variant.ts";
import type { Situation } from "./situation.ts";

/*
 * How long the platform's own waits last, from the live settings and the variant's spec; milliseconds.
 * Paths are in kubevirt/kubevirt v1.9.0 and kubernetes/kubernetes v1.36.2.
 */

/** Longest and shortest length of one of the platform's waits. */
export interface Wait {
  least: number;
  most: number;
}

export const noWait: Wait = { least: 0, most: 0 };

export function sum(...waits: Wait[]): Wait {
  return {
    least: waits.reduce((total, wait) => total + wait.least, 0),
    most: waits.reduce((total, wait) => total + wait.most, 0),
  };
}

/**
 * From a new VMI to a guest that answers. Nothing documents it: an allowance by how guests are run; the simulated
 * guest's is as tight as its boot times.
 */
export function start({ cluster, variant }: Situation): Wait {
  const usual = { kvm: 90_000, tcg: 180_000, simulated: 20_000 }[cluster.acceleration];
  return { least: 0, most: usual + (statedBootSeconds(variant) ?? 0) * 1000 };
}

/** Removal of the old pod and VMI, then a new VMI: controllers' work, no constant in it. */
export const recreate: Wait = { least: 0, most: 5_000 };

/** virt-handler learns of a domain's end from libvirt at once. */
export const domainEvent: Wait = { least: 0, most: 5_000 };

/**
 * A launcher that is told to end waits for up to so long until virt-handler has taken its last word (cmd/virt-launcher).
 * The target of a migration that failed is one; its VMI goes, and is followed by another, only after it.
 */
export const targetEnds: Wait = { least: 0, most: 15_000 };

/**
 * virt-handler dials each launcher's socket every 11 s, for up to 5 s, and gives it up when it has been dead for
 * more than 30 s (pkg/virt-handler/cache/domain-watcher.go).
 */
const watchdog: Wait = { least: 30_000, most: 30_000 + 11_000 + 5_000 };

/**
 * The memory limit's kill. With cgroup v2 the kernel kills the whole container, so that virt-handler must find
 * the launcher dead; with v1 only qemu, whose end libvirt reports. A replica set does not wait for either: it
 * replaces a VMI as soon as its pod has ended (pkg/virt-controller/watch/replicaset).
 */
export function oomNoticed({ cluster, variant }: Situation): Wait {
  if (variant.kind === "VirtualMachineInstanceReplicaSet") return domainEvent;
  return cluster.cgroup === "v2" ? watchdog : domainEvent;
}

/** A launcher that is dead is found so by the same watchdog, whatever killed it; a replica set sees its pod end. */
export function launcherDead({ variant }: Situation): Wait {
  return variant.kind === "VirtualMachineInstanceReplicaSet" ? domainEvent : watchdog;
}

/** The kubelet looks every 10 s whether memory is short, and gives what it evicts 2 s (pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds). */
export const evicted: Wait = { least: 0, most: 10_000 + 2_000 + 5_000 };

/**
 * A VM that starts again before its node is tainted, which is with the next of the reports of every 10 s, may come back to it,
 * and be evicted once more.
 */
export function evictedAgain(situation: Situation): Wait {
  return { least: 0, most: sum(evicted, evicted, launcherDead(situation)).most };
}

/**
 * A node counts as short of memory for 5 min after it last was (evictionPressureTransitionPeriod): from the eviction on
 * that made room, or from the memory's return. What waits for it is tried again.
 */
export function pressureOver({ heldMs }: Situation): Wait {
  return { least: Math.max(0, 300_000 - 10_000 - (heldMs ?? 0)), most: 300_000 + 10_000 + 30_000 };
}

/** A hung guest's i6300esb fires after the 30 s that the guest's own daemon sets. */
export const watchdogDevice: Wait = { least: 30_000, most: 35_000 };

/**
 * A pod that is told to end does so when its guest has shut down, or was destroyed. A replica set replaces a VMI
 * whose pod is ending at once.
 */
export function podEnds(situation: Situation): Wait {
  if (situation.variant.kind === "VirtualMachineInstanceReplicaSet") return domainEvent;
  return obeysAcpi(situation.variant) ? obeys(situation) : destroyed(situation);
}

/** A guest that obeys ACPI shuts down within its grace period. */
export function obeys(situation: Situation): Wait {
  return { least: 0, most: graceMs(situation) };
}

/** A hung guest is destroyed when its grace period is over (pkg/virt-handler/vm.go). */
export function destroyed(situation: Situation): Wait {
  return { least: graceMs(situation), most: graceMs(situation) + 5_000 };
}

/** The kubelet's prober finds the probe failed after its threshold, at most one period after the first miss. */
export function probeFailed(situation: Situation, name: "livenessProbe" | "readinessProbe"): Wait {
  const { period, timeout, failures } = probeTimes(vmiSpecOf(situation.variant)[name]);
  return { least: (failures - 1) * period, most: failures * (period + timeout) + 5_000 };
}

/** The prober finds the probe good again. */
export function probePassed(situation: Situation, name: "livenessProbe" | "readinessProbe"): Wait {
  const { period, timeout, successes } = probeTimes(vmiSpecOf(situation.variant)[name]);
  return { least: (successes - 1) * period, most: successes * (period + timeout) + 5_000 };
}

/**
 * How long a guest that serves again is on trial: until each of its probes could have failed, from the first time that it
 * is asked (KubeVirt adds 10 s to initial delays), and what fails have ended it.
 */
export function onTrial(situation: Situation): Wait {
  const spec = vmiSpecOf(situation.variant);
  const verdicts = (["livenessProbe", "readinessProbe"] as const)
    .filter((name) => spec[name] !== undefined)
    .map((name) => ((spec[name]?.initialDelaySeconds ?? 0) + 10) * 1000 + probeFailed(situation, name).most);
  return { least: 0, most: verdicts.length === 0 ? 0 : Math.max(...verdicts) + podEnds(situation).most };
}

/**
 * A silent node: its last lease is up to 10 s old, the node controller looks every 5 s and waits for the grace
 * period (pkg/controller/nodelifecycle); the NoExecute taint may wait 10 s for its limiter.
 */
export function nodeLost({ cluster, fault }: Situation): Wait {
  if (fault.name === "runtime-stop") return runtimeDown;
  const grace = cluster.settings.nodeMonitorGracePeriodSeconds * 1000;
  return { least: grace - 10_000, most: grace + 5_000 + 10_000 };
}

/**
 * A kubelet looks every 5 s whether its container runtime answers and takes it for down after 30 s; it says so with
 * its next status, within 10 s, and the taint follows (pkg/kubelet: updateRuntimeUp, nodeStatusUpdateFrequency).
 */
const runtimeDown: Wait = { least: 30_000, most: 30_000 + 5_000 + 10_000 + 5_000 + 10_000 };

/** Pods without tolerations of their own are marked for deletion so long after the taint. */
function tolerated({ cluster }: Situation): Wait {
  const seconds = cluster.settings.unreachableTolerationSeconds * 1000;
  return { least: seconds, most: seconds + 5_000 };
}

/** From the loss of a node to the deletion mark on its pods. */
export function podsMarked(situation: Situation): Wait {
  return sum(nodeLost(situation), tolerated(situation));
}

/**
 * From power-on to the end of the VMIs that the node had: it boots, and its virt-handler finds no domain, or finds
 * the launcher's socket dead. Nothing documents how long a machine boots: an allowance.
 */
export function nodeReturns({ cluster }: Situation): Wait {
  const boot = { simulated: 30_000, kind: 60_000, existing: 600_000 }[cluster.provider];
  return { least: 0, most: boot + watchdog.most };
}

/** A node is unresponsive when its virt-handler has not beaten for so long (pkg/virt-controller/watch/node). */
export const heartbeatTimeoutMs = 300_000;

/**
 * A component that is back: it, or whoever waited for it, tries again. Controllers wait ever longer between attempts
 * (client-go's rate limiter doubles), so at most about as long as it was away.
 */
export function componentReturns({ heldMs }: Situation): Wait {
  return { least: 0, most: 60_000 + (heldMs ?? 0) };
}

/**
 * Every step of a recovery, by controllers, scheduler, kubelet and virt-handler in turn, waits for a slow API server:
 * nothing documents how many there are, an allowance.
 */
export function slowness({ fault }: Situation): Wait {
  const during = (fault.parameters["during"] ?? {}) as { fault?: string; delay?: Duration };
  const delay = during.fault === "api-slow" ? milliseconds(during.delay!) : 0;
  return { least: 0, most: delay * 20 };
}

/** A pod that fitted nowhere is tried again after 10 s at most, once a node could take it (kube-scheduler: podMaxBackoffSeconds). */
export const scheduledAgain: Wait = { least: 0, most: 10_000 };

/** Starts that fail are followed by 10 s × n², and up to half of that more, at most 300 s (watch/vm: calculateStartBackoffTime). */
export function startBackOff({ fault }: Situation): Wait {
  const failed = Number(fault.parameters["times"]);
  const least = Math.min(300_000, 10_000 * failed ** 2);
  return { least, most: Math.min(300_000, least * 1.5) + domainEvent.most };
}

/** A kubelet that reaches the API server again renews its lease and reports; the VMI's readiness follows. */
export const kubeletReports: Wait = { least: 0, most: 20_000 };

/**
 * From a remedy to the end of the VMIs: a pod deleted by force is gone at once, the garbage collector comes every
 * 20 s, and leaves orphans alone for 40 s (pkg/controller/podgc).
 */
export function podRemoved(situation: Situation): Wait {
  switch (situation.phase) {
    case "out-of-service-taint":
      return { least: 0, most: 20_000 + 5_000 };
    case "delete-node":
      return sum({ least: 40_000, most: 40_000 + 2 * 20_000 }, forcedDetach(situation));
    default:
      return sum(domainEvent, forcedDetach(situation));
  }
}

/** A volume of one node is taken from a silent one by force, 6 min after its pod is gone (pkg/controller/volume/attachdetach). */
function forcedDetach({ variant }: Situation): Wait {
  const isHeld = migrationObstacle(variant) === "DisksNotLiveMigratable";
  return isHeld ? { least: 0, most: 360_000 + 20_000 } : noWait;
}

/**
 * A migration waits for its turn, two at once from one node, gets a pod and copies the guest's memory: nothing
 * documents how long, an allowance for a handful of small guests.
 */
export function migrated({ cluster }: Situation): Wait {
  return { least: 0, most: { kvm: 180_000, tcg: 300_000, simulated: 60_000 }[cluster.acceleration] };
}

/** A migration whose target finds no node is given up after 300 s (pkg/virt-controller/watch/migration). */
export const targetGivenUp: Wait = { least: 300_000, most: 330_000 };

/**
 * A migration from a node that is lost never starts: its target waits for a domain in vain, for 240 s and up to 119
 * more (pkg/virt-controller/services/template.go: generateQemuTimeoutWithJitter).
 */
export const deadMigrationFails = (): Wait => ({ least: 240_000, most: 240_000 + 119_000 + 30_000 });

function graceMs({ variant }: Situation): number {
  return (vmiSpecOf(variant).terminationGracePeriodSeconds ?? 30) * 1000;
}

function probeTimes(probe: Probe | undefined): {
  period: number;
  timeout: number;
  failures: number;
  successes: number;
} {
  return {
    period: (probe?.periodSeconds ?? 10) * 1000,
    timeout: (probe?.timeoutSeconds ?? 1) * 1000,
    failures: probe?.failureThreshold ?? 3,
    successes: probe?.successThreshold ?? 1,
  };
}
