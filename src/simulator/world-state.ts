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
  #apiCut = false;
  readonly #stopped = new Set<Component>(["virt-controller", "virt-api"]);
  readonly #listeners: ((component: Component, up: boolean) => void)[] = [];
  readonly #reachListeners: (() => void)[] = [];

  constructor(clock: EventClock, random: Random, store: Store, settings: Settings) {
    this.clock = clock;
    this.random = random;
    this.store = store;
    this.settings = settings;
    this.index = new ObjectIndex(store);
  }

  get apiReachable(): boolean {
    return this.up("kube-apiserver") && !this.#apiCut;
  }

  up(component: Component): boolean {
    return !this.#stopped.has(component) && (component === "kube-apiserver" || this.apiReachable);
  }

  setRunning(component: Component, running: boolean): void {
    this.#change(() => {
      if (running) this.#stopped.delete(component);
      else this.#stopped.add(component);
    });
  }

  setApiCut(cut: boolean): void {
    this.#change(() => (this.#apiCut = cut));
  }

  onComponentChange(listener: (component: Component, up: boolean) => void): void {
    this.#listeners.push(listener);
  }

  onApiReachChange(listener: () => void): void {
    this.#reachListeners.push(listener);
  }

  reachesApi(node: string): boolean {
    return this.apiReachable && this.machines.get(node)?.reachesCluster === true;
  }

  onReachChange(node: string, listener: () => void): void {
    this.machines.get(node)?.onChange(listener);
    this.onApiReachChange(listener);
  }

  #change(apply: () => void): void {
    const reachable = this.apiReachable;
    const before = components.map((component) => this.up(component));
    apply();
    components.forEach((component, index) => {
      const up = this.up(component);
      if (up !== before[index]) for (const listener of [...this.#listeners]) listener(component, up);
    });
    if (this.apiReachable !== reachable) for (const listener of [...this.#reachListeners]) listener();
  }
}

const components: Component[] = [
  "kube-apiserver",
  "kube-scheduler",
  "kube-controller-manager",
  "virt-controller",
  "virt-api",
];
