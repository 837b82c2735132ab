import type { EventClock } from "./event-clock.ts";
import type { ContainerRuntime } from "./node/container-runtime.ts";
import type { SimulatedMachine } from "./node/machine.ts";
import type { ProcessFactory } from "./node/process.ts";
import type { ObjectIndex } from "./object-index.ts";
import type { Random } from "./random.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";

/** Parts of the control plane that can be killed or cut off one by one. */
export type Component =
  "kube-apiserver" | "kube-scheduler" | "kube-controller-manager" | "virt-controller" | "virt-api";

/** All that the parts of the model share. */
export interface World {
  readonly clock: EventClock;
  readonly random: Random;
  readonly store: Store;
  readonly index: ObjectIndex;
  readonly settings: Settings;
  /** By node name; a machine outlives its Node object. */
  readonly machines: Map<string, SimulatedMachine>;
  /** The container runtime of each machine, by node name. */
  readonly runtimes: Map<string, ContainerRuntime>;
  /** Asked in order for the process of a container; what none of them knows just runs until it is told to end. */
  readonly programs: ProcessFactory[];
  /** Whether that component runs and reaches the API server. */
  up(component: Component): boolean;
  /** Says whether that component runs; whether it is `up` depends on the API server too. */
  setRunning(component: Component, running: boolean): void;
  /** Calls back whenever a component goes down or comes up. */
  onComponentChange(listener: (component: Component, up: boolean) => void): void;
  /** How much longer than usual the API server takes to answer, in milliseconds. */
  apiDelayMs: number;
  /** Whether software on that node's machine reaches the API server. */
  reachesApi(node: string): boolean;
  /** Calls back whenever that may have changed: with every change of the machine and of the API server. */
  onReachChange(node: string, listener: () => void): void;
}
