import type { Pod } from "../../kube/objects.ts";
import { bytesQuantity, quantityValue } from "../../kube/quantity.ts";
import type { World } from "../world.ts";
import type { SimulatedMachine } from "./machine.ts";
import { criticalPriority } from "./out-of-memory.ts";
import { qosClass, type Verdict } from "./pod-status.ts";

/** It is over before most can shut down in order (pkg/kubelet/eviction: immediateEvictionGracePeriodSeconds). */
const evictionGraceMs = 1_000;
/** How long it waits for an evicted pod to be gone before the next round (eviction: podCleanupTimeout, podCleanupPollFreq). */
const cleanUpMs = 30_000;
const cleanUpPollMs = 1_250;
const MiB = 2 ** 20;

/** What an eviction manager needs of its kubelet. */
export interface EvictionHost {
  readonly world: World;
  readonly machine: SimulatedMachine;
  later(delayMs: number, run: () => void): void;
  /** The pods in hand that have not ended. */
  activePods(): Pod[];
  /** Ends a pod by the node's decision. */
  kill(podUid: string, graceMs: number, verdict: Verdict): void;
  event(pod: Pod, type: "Normal" | "Warning", reason: string, message: string): void;
  nodeEvent(type: "Normal" | "Warning", reason: string, message: string): void;
}

/**
 * The kubelet's eviction manager (pkg/kubelet/eviction): where the machine's memory runs short it ends one pod a round,
 * by itself: neither the Eviction API nor its webhooks are asked.
 */
export class EvictionManager {
  readonly #host: EvictionHost;
  #pressureSeenMs = -Infinity;
  /** UIDs of those that it has ended, as long as they are in hand: nothing more is to be had from them. */
  #evicted = new Set<string>();

  constructor(host: EvictionHost) {
    this.#host = host;
    this.#next(host.world.settings.evictionMonitoringSeconds * 1000);
  }

  /** Whether the node counts as short of memory: from the first observation until a while after the last. */
  get memoryPressure(): boolean {
    const { clock, settings } = this.#host.world;
    return clock.now() - this.#pressureSeenMs < settings.evictionPressureTransitionSeconds * 1000;
  }

  /** Why a new pod is refused: only those that ask for nothing are, for want of memory alone. */
  rejection(pod: Pod): { reason: string; message: string } | undefined {
    if (!this.memoryPressure || isCritical(pod) || qosClass(pod) !== "BestEffort") return undefined;
    const tolerated = (pod.spec.tolerations ?? []).some(
      ({ key, effect, operator }) =>
        (key === "node.kubernetes.io/memory-pressure" || (key === undefined && operator === "Exists")) &&
        (effect === undefined || effect === "NoSchedule"),
    );
    return tolerated ? undefined : { reason: "Evicted", message: "The node had condition: [MemoryPressure]. " };
  }

  #next(delayMs: number): void {
    this.#host.later(delayMs, () => {
      const evicted = this.#synchronize();
      if (evicted === undefined) this.#next(this.#host.world.settings.evictionMonitoringSeconds * 1000);
      else this.#waitFor(evicted, this.#host.world.clock.now() + cleanUpMs);
    });
  }

  #waitFor(pod: Pod, untilMs: number): void {
    this.#host.later(cleanUpPollMs, () => {
      const there = [...this.#host.machine.processes.keys()].some((key) => key.startsWith(`${pod.metadata.uid}/`));
      if (there && this.#host.world.clock.now() < untilMs) this.#waitFor(pod, untilMs);
      else this.#next(0);
    });
  }

  /** One round: answers the pod that it evicted. */
  #synchronize(): Pod | undefined {
    const { world, machine } = this.#host;
    const thresholdBytes = world.settings.evictionHardMemoryMiB * MiB;
    const availableBytes = machine.availableBytes();
    if (availableBytes >= thresholdBytes) return undefined;
    this.#pressureSeenMs = world.clock.now();
    this.#host.nodeEvent("Warning", "EvictionThresholdMet", "Attempting to reclaim memory");
    const pods = this.#host.activePods();
    this.#evicted = new Set(pods.map(({ metadata }) => metadata.uid).filter((uid) => this.#evicted.has(uid)));
    const [victim] = pods
      .filter((pod) => !isCritical(pod) && !this.#evicted.has(pod.metadata.uid))
      .sort((a, b) => this.#compare(a, b));
    if (victim === undefined) return undefined;
    const message = this.#message(victim, thresholdBytes, availableBytes);
    this.#host.event(victim, "Warning", "Evicted", message);
    this.#evicted.add(victim.metadata.uid);
    this.#host.kill(victim.metadata.uid, evictionGraceMs, { reason: "Evicted", message, disrupts: true });
    return victim;
  }

  /** First those that use more than they ask for, then the less important, then the greedier (helpers.go: rankMemoryPressure). */
  #compare(a: Pod, b: Pod): number {
    const overA = this.#usage(a) - requestOf(a);
    const overB = this.#usage(b) - requestOf(b);
    return Number(overB > 0) - Number(overA > 0) || priorityOf(a) - priorityOf(b) || overB - overA;
  }

  #usage({ metadata, spec }: Pod): number {
    return spec.containers.reduce((sum, { name }) => sum + this.#containerUsage(metadata.uid, name), 0);
  }

  #containerUsage(podUid: string, container: string): number {
    return this.#host.machine.processes.get(`${podUid}/${container}`)?.memory() ?? 0;
  }

  #message(pod: Pod, thresholdBytes: number, availableBytes: number): string {
    const greedy = pod.spec.containers.flatMap(({ name, resources }) => {
      const request = resources?.requests?.["memory"] ?? "0";
      const usage = this.#containerUsage(pod.metadata.uid, name);
      if (usage <= quantityValue(request)) return [];
      return `Container ${name} was using ${inKi(usage)}, request is ${request}, has larger consumption of memory. `;
    });
    const threshold = `Threshold quantity: ${bytesQuantity(thresholdBytes)}, available: ${inKi(availableBytes)}. `;
    return `The node was low on resource: memory. ${threshold}${greedy.join("")}`;
  }
}

function requestOf({ spec }: Pod): number {
  return spec.containers.reduce((sum, { resources }) => sum + quantityValue(resources?.requests?.["memory"] ?? "0"), 0);
}

function priorityOf({ spec }: Pod): number {
  return Number(spec["priority"] ?? 0);
}

function isCritical(pod: Pod): boolean {
  return priorityOf(pod) >= criticalPriority;
}

function inKi(bytes: number): string {
  return `${Math.floor(bytes / 1024)}Ki`;
}
