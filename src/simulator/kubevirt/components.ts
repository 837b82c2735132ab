import { condition, type Container, type Pod } from "../../kube/objects.ts";
import type { SimulatedMachine } from "../node/machine.ts";
import { leaderElection } from "../leader-election.ts";
import type { Exit, Process } from "../node/process.ts";
import type { Component, World } from "../world.ts";
import { labels } from "./names.ts";

type Replicated = Extract<Component, "virt-controller" | "virt-api">;

interface Replica {
  pod: string;
  machine: SimulatedMachine;
}

/**
 * Whether virt-controller and virt-api run: which of virt-controller's replicas leads, and whether one of virt-api's
 * is ready, for a Service sends nothing to the others.
 */
export class Components {
  readonly #world: World;
  readonly #replicas: Record<Replicated, Set<Replica>> = { "virt-controller": new Set(), "virt-api": new Set() };
  readonly #watched = new Set<SimulatedMachine>();
  readonly #held = new Set<Replicated>();
  /** UIDs of virt-api's pods that the Service knows as ready. */
  readonly #ready = new Set<string>();
  #leader: Replica | undefined;
  /** The pod whose name is in the lease: a virt-controller goes by its pod, and takes up its own lease after a restart. */
  #holder: string | undefined;
  /** Before then (milliseconds) no other replica gets the lease. */
  #leasedUntil = 0;
  /** How often the API server went out of reach. */
  #losses = 0;

  constructor(world: World) {
    this.#world = world;
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
    world.onApiReachChange(() => this.#reachChanged());
    world.store.subscribe(({ verb, resource, object, old }) => {
      if (resource !== "pods" || object.metadata.labels?.[labels.app] !== "virt-api") return;
      const ready = (pod: object | undefined): boolean => condition(pod, "Ready")?.status === "True";
      if (verb !== "DELETED" && ready(object)) this.#ready.add(object.metadata.uid);
      else if (verb === "DELETED" || ready(old)) this.#ready.delete(object.metadata.uid);
      else return;
      this.#settle();
    });
  }

  /** Keeps all replicas of that component from doing anything, or lets them begin again. */
  hold(component: Replicated, held: boolean): void {
    if (held) this.#held.add(component);
    else this.#held.delete(component);
    this.#settle();
  }

  #start(pod: Pod, { name }: Container, machine: SimulatedMachine, exited: (exit: Exit) => void): Process | undefined {
    if (name !== "virt-controller" && name !== "virt-api") return undefined;
    const replica: Replica = { pod: pod.metadata.uid, machine };
    this.#watch(machine);
    const { random, clock } = this.#world;
    // What starts at the model's zero has been running, and is ready.
    if (clock.now() === 0) this.#ready.add(replica.pod);
    const startMs = clock.now() === 0 ? 0 : random.between(300, 1_200, pod.metadata.uid, "start", clock.now());
    machine.schedule(startMs, () => {
      this.#replicas[name].add(replica);
      this.#settle();
    });
    return {
      signal: (signal) => {
        machine.schedule(signal === "SIGKILL" ? 0 : 200, () => {
          this.#replicas[name].delete(replica);
          this.#settle();
          exited(signal === "SIGKILL" ? { code: 137, reason: "Error" } : { code: 0, reason: "Completed" });
        });
      },
      probe: () => (this.#replicas[name].has(replica) && !this.#held.has(name) ? "success" : "refused"),
      memory: () => 150 * 2 ** 20,
    };
  }

  #watch(machine: SimulatedMachine): void {
    if (this.#watched.has(machine)) return;
    this.#watched.add(machine);
    machine.onChange(() => {
      if (!machine.powered) {
        for (const replicas of Object.values(this.#replicas)) {
          for (const replica of replicas) if (replica.machine === machine) replicas.delete(replica);
        }
      }
      this.#settle();
    });
  }

  /** A leader that cannot renew its lease in time is none any more; another has seen the lease, and does not wait again. */
  #reachChanged(): void {
    const { clock, random, apiReachable } = this.#world;
    const lost = (this.#losses += apiReachable ? 0 : 1);
    if (apiReachable) {
      clock.schedule(random.between(0, leaderElection.retryMs, "leader election", clock.now()), () => this.#settle());
      return;
    }
    const leasedUntil = clock.now() + leaderElection.leaseMs;
    clock.schedule(leaderElection.renewDeadlineMs, () => {
      if (this.#world.apiReachable || this.#losses !== lost) return;
      this.#giveUp(leasedUntil);
      this.#settle();
    });
  }

  /** Nobody leads, and nobody gets the lease before then. */
  #giveUp(leasedUntil: number): void {
    const { clock, random } = this.#world;
    this.#leader = undefined;
    this.#leasedUntil = leasedUntil;
    const retryMs = random.between(0, leaderElection.retryMs, "leader election", clock.now());
    clock.schedule(leasedUntil - clock.now() + retryMs, () => this.#settle());
  }

  #settle(): void {
    const serving = this.#reachable("virt-api").some(({ pod }) => this.#ready.has(pod));
    this.#world.setRunning("virt-api", serving);
    const candidates = this.#reachable("virt-controller");
    const { clock, apiReachable } = this.#world;
    if (this.#leader !== undefined && !candidates.includes(this.#leader)) {
      this.#giveUp(clock.now() + leaderElection.leaseMs);
    }
    if (this.#leader === undefined && apiReachable) {
      const own = candidates.find(({ pod }) => pod === this.#holder);
      this.#leader = own ?? (clock.now() >= this.#leasedUntil ? candidates[0] : undefined);
      this.#holder = this.#leader?.pod ?? this.#holder;
    }
    this.#world.setRunning("virt-controller", this.#leader !== undefined);
  }

  #reachable(component: Replicated): Replica[] {
    if (this.#held.has(component)) return [];
    return [...this.#replicas[component]].filter(({ machine }) => machine.reachesCluster);
  }
}
