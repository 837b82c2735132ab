import { leaderElection } from "./leader-election.ts";
import type { SimulatedMachine } from "./node/machine.ts";
import type { World } from "./world.ts";

/** What the kubelet of the control plane's machine runs as static pods. */
export const staticComponents = ["kube-apiserver", "kube-scheduler", "kube-controller-manager"] as const;
export type StaticComponent = (typeof staticComponents)[number];

/** Those of which one at a time does the work. */
const leaders = ["kube-scheduler", "kube-controller-manager"] as const;

/** What crashes at its start without the API server: it reads how requests are to be authenticated. */
const needsApiToStart = "kube-controller-manager";

/** A kubelet's waits between starts of a container that crashes each time, in milliseconds (pkg/kubelet: MaxContainerBackOff). */
const restartBackOffMs = [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000] as const;

/** The components of Kubernetes run on one machine: cut off with it, and back a while after its kubelet. */
export class ControlPlane {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #held = new Set<StaticComponent>();
  /** When those that have ended are at work again; never, as long as there is nothing to do it with. */
  readonly #back = new Map<StaticComponent, number>();
  #startedIn: number;
  #starting: number;
  /** Since when the API server is out of reach. */
  #lostMs = Infinity;

  constructor(world: World) {
    this.#world = world;
    this.#machine = world.machines.get("control-plane")!;
    this.#startedIn = this.#starting = this.#machine.boot;
    this.#machine.onChange(() => this.#machineChanged());
    world.onApiReachChange(() => this.#reachChanged());
  }

  /** Keeps that component from running, or lets it run again. */
  hold(component: StaticComponent, held: boolean): void {
    if (held) this.#held.add(component);
    else this.#held.delete(component);
    this.#follow();
  }

  /** Its kubelet starts it again; one that must lead gets to work only when the lease of its predecessor is over. */
  kill(component: StaticComponent): void {
    const serves = component === "kube-apiserver";
    this.#restart(component, serves ? this.#draw(component, 4_000, 9_000) : this.#leaseMs(component));
  }

  /** Whoever starts anew has not seen the lease before, and waits for its full length. */
  #leaseMs(component: StaticComponent): number {
    return leaderElection.leaseMs + this.#draw(component, 0, leaderElection.retryMs);
  }

  #restart(component: StaticComponent, delayMs: number): void {
    const at = this.#world.clock.now() + delayMs;
    this.#back.set(component, at);
    this.#follow();
    if (Number.isFinite(at)) this.#machine.schedule(delayMs, () => this.#isBack(component, at));
  }

  #isBack(component: StaticComponent, at: number): void {
    if (this.#back.get(component) !== at) return;
    if (!this.#machine.kubeletRunning) {
      this.#machine.schedule(1_000, () => this.#isBack(component, at));
      return;
    }
    this.#back.delete(component);
    this.#follow();
  }

  /** A leader that cannot renew its lease in time ends; it leads again a while after it can. */
  #reachChanged(): void {
    const { clock, apiReachable } = this.#world;
    if (apiReachable) {
      const lostMs = this.#lostMs;
      this.#lostMs = Infinity;
      for (const component of leaders) {
        if (this.#back.get(component) !== Infinity) continue;
        const startMs =
          component === needsApiToStart ? nextStart(lostMs + leaderElection.renewDeadlineMs, clock.now()) : 0;
        this.#restart(component, startMs + this.#leaseMs(component));
      }
      return;
    }
    const lostMs = (this.#lostMs = clock.now());
    clock.schedule(leaderElection.renewDeadlineMs, () => {
      if (this.#lostMs !== lostMs) return;
      for (const component of leaders) this.#restart(component, Infinity);
    });
  }

  #follow(): void {
    for (const component of staticComponents) {
      const runs =
        this.#machine.reachesCluster &&
        this.#startedIn === this.#machine.boot &&
        !this.#held.has(component) &&
        !this.#back.has(component);
      this.#world.setRunning(component, runs);
    }
  }

  #machineChanged(): void {
    this.#follow();
    if (!this.#machine.kubeletRunning || this.#starting === this.#machine.boot) return;
    this.#starting = this.#machine.boot;
    this.#machine.schedule(this.#world.random.between(4_000, 9_000, "static pods", this.#machine.boot), () => {
      this.#startedIn = this.#machine.boot;
      this.#back.clear();
      this.#follow();
    });
  }

  #draw(component: StaticComponent, low: number, high: number): number {
    return this.#world.random.between(low, high, component, "restart", this.#world.clock.now());
  }
}

/** How long after `now` a container is started next that has crashed since `crashedMs` whenever it was. */
function nextStart(crashedMs: number, now: number): number {
  let at = crashedMs;
  for (let starts = 0; at < now; starts++) at += restartBackOffMs[starts] ?? restartBackOffMs.at(-1)!;
  return at - now;
}
