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
  /** How much longer than usual whatever runs in the cluster waits for the API server, in milliseconds. */
  apiDelayMs: number;
  /** Whether whatever runs in the cluster can reach the API server: it runs, and nobody has cut it off. */
  readonly apiReachable: boolean;
  /** Cuts the API server off from whatever runs in the cluster, or lets it be reached again; clients from outside stay. */
  setApiCut(cut: boolean): void;
  /** Calls back whenever `apiReachable` has changed. */
  onApiReachChange(listener: () => void): void;
  /** Whether software on that node's machine reaches the API server. */
  reachesApi(node: string): boolean;
  /** Calls back whenever that may have changed: with every change of the machine and of the API server. */
  onReachChange(node: string, listener: () => void): void;
}
