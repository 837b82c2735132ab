import type { Container, Pod } from "../../kube/objects.ts";
import type { SimulatedMachine } from "../node/machine.ts";
import type { Exit, Process } from "../node/process.ts";
import type { Component, World } from "../world.ts";

/** Lease of virt-controller's leader, and how often the others try for it (leaderelectionconfig). */
const leaseSeconds = 15;
const retrySeconds = 2;

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

  constructor(world: World) {
    this.#world = world;
    world.programs.push((pod, container, machine, exited) => this.#start(pod, container, machine, exited));
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

  #settle(): void {
    this.#world.setRunning("virt-api", this.#reachable("virt-api").length > 0);
    const candidates = this.#reachable("virt-controller");
    const { clock } = this.#world;
    if (this.#leader !== undefined && !candidates.includes(this.#leader)) {
      this.#leader = undefined;
      this.#leasedUntil = clock.now() + leaseSeconds * 1000;
      const retryMs = this.#world.random.between(0, retrySeconds * 1000, "leader election", clock.now());
      clock.schedule(leaseSeconds * 1000 + retryMs, () => this.#settle());
    }
    if (this.#leader === undefined && clock.now() >= this.#leasedUntil) this.#leader = candidates[0];
    this.#world.setRunning("virt-controller", this.#leader !== undefined);
  }

  #reachable(component: Replicated): Replica[] {
    if (this.#held.has(component)) return [];
    return [...this.#replicas[component]].filter(({ machine }) => machine.reachesCluster);
  }
}
