import type { Probe, VmiSpec } from "../kube/objects.ts";
import type { Stage, StageName } from "./recovery.ts";

/** What may govern a stage's length: the VMI's own spec, and the cluster's live settings as far as they are known. */
export interface Settings {
  spec: VmiSpec | null;
  cluster: Record<string, unknown>;
  /** Whether the node was lost, so that the platform had to wait for it. */
  nodeLost: boolean;
  /** Whether the guest was told to shut down, so that it had its grace period. */
  askedToStop: boolean;
}

/** The longest stage, with the setting that governs it. */
export function slowestOf(stages: Stage[], settings: Settings): { name: StageName; because: string } | null {
  const [slowest] = stages.toSorted((one, other) => other.ms - one.ms);
  return slowest === undefined ? null : { name: slowest.name, because: governs(slowest.name, settings) };
}

/**
 * The setting to change to gain most: of the stages that a setting governs, the longest, beside the whole. What the
 * platform or the guest takes of itself is no advice.
 */
export function adviceOf(all: Stage[], settings: Settings): string | null {
  // What came before a relief did not decide when it was given.
  const stages = all.slice(all.findLastIndex(({ name }) => name === "held" || name === "remedy") + 1);
  // Who acts does not wait for the tolerations, nor for the grace period of what has ended.
  const isRelieved = all.some(({ name }) => name === "remedy");
  const mine = isRelieved ? { ...settings, nodeLost: false, askedToStop: false } : settings;
  const [longest] = stages.filter(({ name }) => isSettable(name, mine)).toSorted((one, other) => other.ms - one.ms);
  if (longest === undefined) return null;
  const wholeMs = stages.reduce((sum, { ms }) => sum + ms, 0);
  return `${inSeconds(longest.ms)} of ${inSeconds(wholeMs)} s: ${governs(longest.name, settings)}`;
}

function isSettable(stage: StageName, { spec, nodeLost, askedToStop }: Settings): boolean {
  switch (stage) {
    case "detect":
      return nodeLost || spec?.livenessProbe !== undefined;
    case "evict":
      return nodeLost;
    case "terminate":
      return askedToStop;
    case "ready":
      return spec?.readinessProbe !== undefined;
    case "queue":
    case "attach":
      return true;
    default:
      return false;
  }
}

function inSeconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 10_000 ? 1 : 0);
}

function governs(stage: StageName, { spec, cluster, nodeLost, askedToStop }: Settings): string {
  switch (stage) {
    case "detect":
      if (nodeLost)
        return `the node monitor's grace period of ${seconds(cluster["nodeMonitorGracePeriodSeconds"], 50)}`;
      return spec?.livenessProbe === undefined
        ? "the platform's own watch over the guest's process"
        : `the liveness probe: ${probe(spec.livenessProbe)}`;
    case "evict":
      return nodeLost ? unreachableToleration(spec, cluster) : "the request to leave the node, and its carrying out";
    case "terminate":
      return askedToStop
        ? `the grace period of ${seconds(spec?.terminationGracePeriodSeconds, 30)} in which the guest may shut down`
        : "virt-handler's watchdog: a launcher must be silent for 30 s, and is looked after every 11 s";
    case "backoff":
      return "the start's back-off: 10·n² s and up to half as much again after n starts that failed, at most 300 s";
    case "queue":
      return `the limit of ${number(cluster["parallelOutboundMigrationsPerNode"], 2)} migrations at once from one node`;
    case "held":
      return "the disturbance was held until it was taken back or made up for";
    case "remedy":
      return "the remedy's own call";
    case "recreate":
      return "the controllers: the old VMI must be gone before another is made";
    case "schedule":
      return "the scheduler: room on another node";
    case "attach":
      return "the volumes: a node that is lost keeps them for 6 min unless it is tainted out of service";
    case "launch":
      return "the launcher pod's start: images, containers";
    case "prepare":
      return "virt-handler and libvirt: the domain's preparation";
    case "copy":
      return "the guest's memory over the migration's bandwidth";
    case "boot":
      return "the guest's own boot";
    case "ready":
      return spec?.readinessProbe === undefined
        ? "the pod's readiness, which the VMI's follows"
        : `the readiness probe: ${probe(spec.readinessProbe)}`;
    case "answer":
      return "the guest's service, after the platform calls it ready";
    case "settle":
      return "it was good before and broke once more";
  }
}

function unreachableToleration(spec: VmiSpec | null, cluster: Record<string, unknown>): string {
  const own = spec?.tolerations?.find((toleration) => toleration.key === "node.kubernetes.io/unreachable");
  if (own?.tolerationSeconds !== undefined) return `the VMI's own unreachable toleration of ${own.tolerationSeconds} s`;
  return `the default unreachable toleration of ${seconds(cluster["unreachableTolerationSeconds"], 300)}`;
}

function probe({ periodSeconds = 10, failureThreshold = 3, initialDelaySeconds = 0 }: Probe): string {
  return `every ${periodSeconds} s, ${failureThreshold} failures, first after ${initialDelaySeconds} s`;
}

function seconds(setting: unknown, otherwise: number): string {
  return `${number(setting, otherwise)} s`;
}

function number(setting: unknown, otherwise: number): number {
  return typeof setting === "number" ? setting : otherwise;
}
