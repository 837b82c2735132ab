import type { Container, Pod } from "../../kube/objects.ts";
import type { SimulatedMachine } from "../node/machine.ts";
import { leaderElection } from "../leader-election.ts";
import type { Exit, Process } from "../node/process.ts";
import type { Component, World } from "../world.ts";

type Replicated = Extract<Component, "virt-controller" | "virt-api">;

interface Replica {
  machine: SimulatedMachine;
}

/** Whether virt-controller and virt-api run: which of their replicas do, and which of virt-controller's leads. */
export class Components {
  readonly #world: World;
  readonly #replicas: Record<Replicated, Set<Replica>> = { "virt-controller": new Set(), "virt-api": new Set() };
  readonly #watched = new Set<SimulatedMachine>();
  readonly #held = new Set<Replicated>();
  #leader: Replica | undefined;
  /** Before then (milliseconds) no other replica gets the lease. */
  #leasedUntil = 0;
  /** How often the API server went out of reach. */
  #losses = 0;

  constructor(world: World) {
    this.#world = world;
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
    world.onApiReachChange(() => this.#reachChanged());
  }

  /** Keeps all replicas of that component from doing anything, or lets them begin again. */
  hold(component: Replicated, held: boolean): void {
    if (held) this.#held.add(component);
    else this.#held.delete(component);
    this.#settle();
  }

  #start(pod: Pod, { name }: Container, machine: SimulatedMachine, exited: (exit: Exit) => void): Process | undefined {
    if (name !== "virt-controller" && name !== "virt-api") return undefined;
    const replica: Replica = { machine };
    this.#watch(machine);
    const { random, clock } = this.#world;
    // What starts at the model's zero has been running.
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
    this.#world.setRunning("virt-api", this.#reachable("virt-api").length > 0);
    const candidates = this.#reachable("virt-controller");
    const { clock, apiReachable } = this.#world;
    if (this.#leader !== undefined && !candidates.includes(this.#leader)) {
      this.#giveUp(clock.now() + leaderElection.leaseMs);
    }
    if (this.#leader === undefined && apiReachable && clock.now() >= this.#leasedUntil) this.#leader = candidates[0];
    this.#world.setRunning("virt-controller", this.#leader !== undefined);
  }

  #reachable(component: Replicated): Replica[] {
    if (this.#held.has(component)) return [];
    return [...this.#replicas[component]].filter(({ machine }) => machine.reachesCluster);
  }
}
