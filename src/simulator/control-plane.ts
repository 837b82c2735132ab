import type { SimulatedMachine } from "./node/machine.ts";
import type { World } from "./world.ts";

/** What the kubelet of the control plane's machine runs as static pods. */
export const staticComponents = ["kube-apiserver", "kube-scheduler", "kube-controller-manager"] as const;
export type StaticComponent = (typeof staticComponents)[number];

/** The lease of a leader, which a process started anew has to wait for, and how often it tries (component-base/config). */
const leaseSeconds = 15;
const retrySeconds = 2;

/** The components of Kubernetes run on one machine: cut off with it, and back a while after its kubelet. */
export class ControlPlane {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #held = new Set<StaticComponent>();
  /** Processes that have been killed, and are not back yet. */
  readonly #killed = new Set<StaticComponent>();
  #startedIn: number;
  #starting: number;

  constructor(world: World) {
    this.#world = world;
    this.#machine = world.machines.get("control-plane")!;
    this.#startedIn = this.#starting = this.#machine.boot;
    this.#machine.onChange(() => this.#machineChanged());
  }

  /** Keeps that component from running, or lets it run again. */
  hold(component: StaticComponent, held: boolean): void {
    if (held) this.#held.add(component);
    else this.#held.delete(component);
    this.#follow();
  }

  /** Its kubelet starts it again; one that must lead gets to work only when the lease of its predecessor is over. */
  kill(component: StaticComponent): void {
    this.#killed.add(component);
    this.#follow();
    const draw = (low: number, high: number): number =>
      this.#world.random.between(low, high, component, "killed", this.#world.clock.now());
    const leaseMs = (leaseSeconds + draw(0, retrySeconds)) * 1000;
    const backMs = component === "kube-apiserver" ? draw(4_000, 9_000) : Math.max(draw(1_000, 3_000), leaseMs);
    this.#restart(component, backMs);
  }

  #restart(component: StaticComponent, delayMs: number): void {
    const { boot } = this.#machine;
    this.#machine.schedule(delayMs, () => {
      if (!this.#machine.kubeletRunning) return this.#restart(component, 1_000);
      if (this.#machine.boot === boot) this.#killed.delete(component);
      this.#follow();
    });
  }

  #follow(): void {
    for (const component of staticComponents) {
      const runs =
        this.#machine.reachesCluster &&
        this.#startedIn === this.#machine.boot &&
        !this.#held.has(component) &&
        !this.#killed.has(component);
      this.#world.setRunning(component, runs);
    }
  }

  #machineChanged(): void {
    this.#follow();
    if (!this.#machine.kubeletRunning || this.#starting === this.#machine.boot) return;
    this.#starting = this.#machine.boot;
    this.#killed.clear();
    this.#machine.schedule(this.#world.random.between(4_000, 9_000, "static pods", this.#machine.boot), () => {
      this.#startedIn = this.#machine.boot;
      this.#follow();
    });
  }
}
