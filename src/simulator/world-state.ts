import type { EventClock } from "./event-clock.ts";
import type { ContainerRuntime } from "./node/container-runtime.ts";
import type { SimulatedMachine } from "./node/machine.ts";
import type { ProcessFactory } from "./node/process.ts";
import { ObjectIndex } from "./object-index.ts";
import type { Random } from "./random.ts";
import type { Settings } from "./settings.ts";
import type { Store } from "./store.ts";
import type { Component, World } from "./world.ts";

/** The World of one simulation: its parts, and which components of the control plane run. */
export class WorldState implements World {
  readonly clock: EventClock;
  readonly random: Random;
  readonly store: Store;
  readonly index: ObjectIndex;
  readonly settings: Settings;
  readonly machines = new Map<string, SimulatedMachine>();
  readonly runtimes = new Map<string, ContainerRuntime>();
  readonly programs: ProcessFactory[] = [];
  apiDelayMs = 0;
  readonly #stopped = new Set<Component>(["virt-controller", "virt-api"]);
  readonly #listeners: ((component: Component, up: boolean) => void)[] = [];

  constructor(clock: EventClock, random: Random, store: Store, settings: Settings) {
    this.clock = clock;
    this.random = random;
    this.store = store;
    this.settings = settings;
    this.index = new ObjectIndex(store);
  }

  up(component: Component): boolean {
    return !this.#stopped.has(component) && !this.#stopped.has("kube-apiserver");
  }

  setRunning(component: Component, running: boolean): void {
    if (running === !this.#stopped.has(component)) return;
    const affected = component === "kube-apiserver" ? components : [component];
    const before = affected.map((one) => this.up(one));
    if (running) this.#stopped.delete(component);
    else this.#stopped.add(component);
    affected.forEach((one, index) => {
      const up = this.up(one);
      if (up !== before[index]) for (const listener of [...this.#listeners]) listener(one, up);
    });
  }

  onComponentChange(listener: (component: Component, up: boolean) => void): void {
    this.#listeners.push(listener);
  }

  reachesApi(node: string): boolean {
    return this.up("kube-apiserver") && this.machines.get(node)?.reachesCluster === true;
  }

  onReachChange(node: string, listener: () => void): void {
    this.machines.get(node)?.onChange(listener);
    this.onComponentChange((component) => {
      if (component === "kube-apiserver") listener();
    });
  }
}

const components: Component[] = [
  "kube-apiserver",
  "kube-scheduler",
  "kube-controller-manager",
  "virt-controller",
  "virt-api",
];
