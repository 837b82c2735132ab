import type { EventClock, Timer } from "../event-clock.ts";
import type { Process } from "./process.ts";

/** What the kernel, systemd, the container runtime and the kubelet use themselves. */
const systemBytes = 256 * 2 ** 20;

/**
 * The hardware and kernel under one node: what survives or dies though the API knows nothing of it.
 * Kubelet and virt-handler run on it; containers are its processes. Nothing here talks to the API.
 */
export class SimulatedMachine {
  readonly node: string;
  readonly memoryBytes: number;
  /** Memory that a process outside of all containers has taken, which the kernel leaves alone. */
  takenBytes = 0;
  /** Keys of `processes` that the kernel has killed for their memory, and that are about to be gone. */
  readonly doomed = new Set<string>();
  /** Without power every process is gone, and no one has been told. */
  powered = true;
  /** A frozen machine keeps its processes and does nothing. */
  frozen = false;
  /** Whether packets pass between it and the rest of the cluster. */
  connected = true;
  kubeletRunning = true;
  /** Whether its container runtime's daemon runs; containers outlive it. */
  runtimeRunning = true;
  /** Counts boots; processes of an earlier boot do not exist. */
  boot = 1;
  /** Main processes of running containers, by `podUid/container`. */
  readonly processes = new Map<string, Process>();
  /** What device plug-ins have registered since this boot, by resource name, e.g. `devices.kubevirt.io/kvm`. */
  readonly devices = new Map<string, number>();
  readonly #clock: EventClock;
  readonly #listeners: (() => void)[] = [];
  #overdue: (() => void)[] = [];

  constructor(node: string, memoryBytes: number, clock: EventClock) {
    this.node = node;
    this.memoryBytes = memoryBytes;
    this.#clock = clock;
  }

  /** Memory that nobody uses; less than none where more is asked for than there is. */
  availableBytes(): number {
    let used = systemBytes + this.takenBytes;
    for (const [key, process] of this.processes) if (!this.doomed.has(key)) used += process.memory();
    return this.memoryBytes - used;
  }

  /** Whether software on it runs at all. */
  get alive(): boolean {
    return this.powered && !this.frozen;
  }

  /** Whether software on it reaches the cluster network (and so the API server, if that is up). */
  get reachesCluster(): boolean {
    return this.alive && this.connected;
  }

  /** Calls back after every change of its state. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Applies a change of state and tells the listeners. */
  change(
    state: Partial<Pick<SimulatedMachine, "powered" | "frozen" | "connected" | "kubeletRunning" | "runtimeRunning">>,
  ): void {
    const boots = state.powered === true && !this.powered;
    const thaws = state.frozen === false && this.frozen;
    if (boots) this.boot++;
    Object.assign(this, state);
    if (state.powered === false || boots) {
      this.processes.clear();
      this.doomed.clear();
      this.takenBytes = 0;
      this.devices.clear();
      this.#overdue = [];
    }
    if (thaws) for (const run of this.#overdue.splice(0)) this.schedule(0, run);
    for (const listener of [...this.#listeners]) listener();
  }

  /**
   * Runs `run` on this machine `delayMs` from now: never, if the machine loses its power first; when it thaws, if
   * it is frozen then. All software on the machine waits this way.
   */
  schedule(delayMs: number, run: () => void): Timer {
    const boot = this.boot;
    let cancelled = false;
    const due = (): void => {
      if (cancelled || !this.powered || this.boot !== boot) return;
      if (this.frozen) this.#overdue.push(due);
      else run();
    };
    const timer = this.#clock.schedule(delayMs, due);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }
}
