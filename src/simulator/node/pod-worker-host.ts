import type { Pod } from "../../kube/objects.ts";
import type { Timer } from "../event-clock.ts";
import type { World } from "../world.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import type { SimulatedMachine } from "./machine.ts";

/** What a pod's worker needs of its kubelet. */
export interface PodWorkerHost {
  readonly world: World;
  readonly machine: SimulatedMachine;
  readonly runtime: ContainerRuntime;
  readonly hostIp: string;
  /** Waits as the kubelet does: not at all once it has stopped. */
  later(delayMs: number, run: () => void): Timer;
  /** A number in that range, drawn for this pod and purpose on this node. */
  latency(lowMs: number, highMs: number, ...what: (string | number)[]): number;
  newPodIp(): string;
  /** Whether the volumes of the pod can be mounted; it is synced again when that changes. */
  volumesAttached(pod: Pod): boolean;
  reachesApi(): boolean;
  event(pod: Pod, type: "Normal" | "Warning", reason: string, message: string, fieldPath?: string): void;
  /** Nothing of the pod is left on this node. */
  done(podUid: string): void;
}
