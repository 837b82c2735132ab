import type { EventClock } from "./event-clock.ts";
import type { SimulatedMachine } from "./node/machine.ts";
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
  readonly settings: Settings;
  /** By node name; a machine outlives its Node object. */
  readonly machines: Map<string, SimulatedMachine>;
  /** Whether that component runs and reaches the API server. */
  up(component: Component): boolean;
  /** Calls back whenever a component goes down or comes up. */
  onComponentChange(listener: (component: Component, up: boolean) => void): void;
}
