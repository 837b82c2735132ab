import type { Container, Pod } from "../../kube/objects.ts";
import type { World } from "../world.ts";
import type { SimulatedMachine } from "./machine.ts";
import { oomScoreAdjust } from "./out-of-memory.ts";
import { plainProcess } from "./plain-process.ts";
import type { Exit, Signal } from "./process.ts";

/** What the runtime knows of one container: its latest run. */
export interface ContainerRecord {
  readonly name: string;
  /** As `containerStatuses` show it: `containerd://…`. */
  readonly id: string;
  /** Runs before this one. */
  readonly restarts: number;
  readonly startedAt: string;
  /** How readily the kernel kills it where memory is short. */
  readonly oomScoreAdjust: number;
  /** When it started, in milliseconds of the model. */
  readonly startedMs: number;
  /** The run before. */
  readonly previous: ContainerRecord | undefined;
  /** How it ended; absent while it runs. */
  exit?: { code: number; reason: Exit["reason"] | "Unknown"; finishedAt: string };
}

/**
 * Starts and stops containers on one machine and remembers them. It outlives the kubelet; a machine that comes up
 * again finds its records on disk, of containers that ended without anyone to see how (exit code 255, `Unknown`).
 */
export class ContainerRuntime {
  readonly #world: World;
  readonly #machine: SimulatedMachine;
  readonly #pods = new Map<string, Map<string, ContainerRecord>>();
  readonly #oomKilled = new Set<string>();
  readonly #listeners: ((podUid: string) => void)[] = [];
  #boot: number;

  constructor(world: World, machine: SimulatedMachine) {
    this.#world = world;
    this.#machine = machine;
    this.#boot = machine.boot;
    machine.onChange(() => this.#machineChanged());
  }

  /** Calls back after a container of that pod has ended, whether or not a kubelet is there to see it. */
  onExit(listener: (podUid: string) => void): void {
    this.#listeners.push(listener);
  }

  /** The pods that it has records of. */
  podUids(): string[] {
    return [...this.#pods.keys()];
  }

  record(podUid: string, container: string): ContainerRecord | undefined {
    return this.#pods.get(podUid)?.get(container);
  }

  records(podUid: string): ContainerRecord[] {
    return [...(this.#pods.get(podUid)?.values() ?? [])];
  }

  start(pod: Pod, container: Container): void {
    const { uid } = pod.metadata;
    const before = this.record(uid, container.name);
    const restarts = before === undefined ? 0 : before.restarts + 1;
    const id = this.#world.random.uuid(uid, container.name, "container", restarts).replaceAll("-", "");
    const now = this.#world.clock.now();
    const record: ContainerRecord = {
      name: container.name,
      id: `containerd://${id}${id}`,
      restarts,
      startedAt: this.#world.clock.stamp(),
      oomScoreAdjust: oomScoreAdjust(pod, container, this.#machine.memoryBytes),
      // What starts at the model's zero has been running for long.
      startedMs: now === 0 ? -Infinity : now,
      previous: before && { ...before, previous: undefined },
    };
    let records = this.#pods.get(uid);
    if (records === undefined) this.#pods.set(uid, (records = new Map<string, ContainerRecord>()));
    records.set(container.name, record);
    const exited = (exit: Exit): void => this.#ended(uid, record, exit);
    let process;
    for (const program of this.#world.programs) {
      process ??= program(pod, container, this.#machine, exited);
    }
    process ??= plainProcess(this.#world.random, pod, container, this.#machine, exited);
    this.#machine.processes.set(`${uid}/${container.name}`, process);
  }

  signal(podUid: string, container: string, signal: Signal): void {
    this.#machine.processes.get(`${podUid}/${container}`)?.signal(signal);
  }

  /** The container's memory limit is hit: its end will be said to come of that (`OOMKilled`), whatever its exit code. */
  outOfMemory(podUid: string, container: string): void {
    this.#kernelKills(podUid, container, true);
  }

  /** The machine's memory is used up: under cgroup v1 the runtime is told of limits alone (containerd: oom.Watcher). */
  killLargest(podUid: string, container: string): void {
    this.#kernelKills(podUid, container, this.#world.settings.cgroup === "v2");
  }

  /**
   * All of the container under cgroup v2, for a kubelet asks for that (memory.oom.group); its largest process alone under
   * v1, which need not be the main one.
   */
  #kernelKills(podUid: string, container: string, told: boolean): void {
    const process = this.#machine.processes.get(`${podUid}/${container}`);
    if (process === undefined) return;
    if (told) this.#oomKilled.add(this.record(podUid, container)!.id);
    if (this.#world.settings.cgroup === "v1" && process.loseLargest !== undefined) process.loseLargest();
    else process.signal("SIGKILL");
  }

  /** Forgets the pod's containers; those still running are killed. */
  remove(podUid: string): void {
    for (const { name } of this.records(podUid)) {
      const key = `${podUid}/${name}`;
      this.#machine.processes.get(key)?.signal("SIGKILL");
      this.#machine.processes.delete(key);
      this.#machine.doomed.delete(key);
    }
    this.#pods.delete(podUid);
  }

  #ended(podUid: string, record: ContainerRecord, exit: Exit): void {
    if (record.exit !== undefined || !this.#machine.powered) return;
    const reason = this.#oomKilled.delete(record.id) ? "OOMKilled" : exit.reason;
    record.exit = { code: exit.code, reason, finishedAt: this.#world.clock.stamp() };
    this.#machine.processes.delete(`${podUid}/${record.name}`);
    this.#machine.doomed.delete(`${podUid}/${record.name}`);
    for (const listener of this.#listeners) listener(podUid);
  }

  #machineChanged(): void {
    if (this.#machine.boot === this.#boot) return;
    this.#boot = this.#machine.boot;
    const finishedAt = this.#world.clock.stamp();
    for (const records of this.#pods.values()) {
      for (const record of records.values()) record.exit ??= { code: 255, reason: "Unknown", finishedAt };
    }
  }
}
