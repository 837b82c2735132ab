import type { Node, Pod } from "../../kube/objects.ts";
import { volumesAttached } from "../controllers/attach-detach.ts";
import { recordEvent } from "../event-recorder.ts";
import type { Timer } from "../event-clock.ts";
import type { World } from "../world.ts";
import type { ContainerRuntime } from "./container-runtime.ts";
import { EvictionManager, type EvictionHost } from "./eviction-manager.ts";
import { EventFilter } from "./event-filter.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { SimulatedMachine } from "./machine.ts";
import { hostIpOf, podNetworkOf, type NodeProfile } from "./node-object.ts";
import { rejection } from "./pod-admission.ts";
import type { Verdict } from "./pod-status.ts";
import type { PodWorkerHost } from "./pod-worker-host.ts";
import { PodWorker } from "./pod-worker.ts";

/** pkg/kubelet/cm/container_manager.go: CgroupV1DeprecatedWarning. */
const cgroupV1 =
  "cgroup v1 detected. cgroup v1 support is deprecated and will be removed in a future release. " +
  "Please migrate to cgroup v2. More information at https://git.k8s.io/enhancements/keps/sig-node/5573-remove-cgroup-v1";

/** It looks this often whether its container runtime answers, and takes it for down after so long (pkg/kubelet: updateRuntimeUp). */
const runtimeCheckMs = 5_000;
const runtimePatienceMs = 30_000;
/** Without a relist of containers for so long it calls itself unhealthy (pkg/kubelet/pleg: relistThreshold). */
const relistPatienceMs = 180_000;

/** It has ended containers collected this often (pkg/kubelet: ContainerGCPeriod), and says what the runtime's socket answers. */
const containerGcMs = 60_000;
const runtimeAway =
  'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix ' +
  '/run/containerd/containerd.sock: connect: no such file or directory"';

/** How often a kubelet asks the runtime for all its containers. */
const relistMs = 1_000;

/** The kubelet of one machine: starts and stops with it, knows of the API what reaches it, and cares for its pods. */
export class Kubelet implements PodWorkerHost, EvictionHost {
  readonly world: World;
  readonly machine: SimulatedMachine;
  readonly runtime: ContainerRuntime;
  readonly hostIp: string;
  readonly #profile: NodeProfile;
  readonly #heartbeat: Heartbeat;
  readonly #workers = new Map<string, PodWorker>();
  readonly #waiting = new Set<string>();
  readonly #podNetwork: string;
  #lastPodIp = 1;
  #evictions: EvictionManager | undefined;
  /** Counts its starts; what an earlier one scheduled does not happen. */
  #run = 0;
  #eventFilter: EventFilter;
  /** Events of the time that the API has been out of reach, to be sent when it is back. */
  #unsent: (() => void)[] = [];
  #running = false;
  #reached = false;
  #runtimeUp = true;
  /** Since when its machine is frozen, in milliseconds. */
  #frozenMs: number | undefined;
  /** It has registered its node since it started, or found it registered. */
  #registered = false;
  /** It has had the pods of its node from the API since it started. */
  #listed = false;

  constructor(world: World, machine: SimulatedMachine, runtime: ContainerRuntime, profile: NodeProfile) {
    this.world = world;
    this.machine = machine;
    this.runtime = runtime;
    this.hostIp = hostIpOf(profile);
    this.#podNetwork = podNetworkOf(profile);
    this.#profile = profile;
    this.#heartbeat = new Heartbeat(world, machine, profile);
    this.#heartbeat.memoryPressure = () => this.#evictions?.memoryPressure === true;
    this.#eventFilter = new EventFilter(world.clock);
    runtime.onExit((podUid) => this.#exited(podUid));
    world.onReachChange(profile.name, () => this.#changed());
  }

  /** Begins on a machine where all is settled: its node is registered, and has been there for a while. */
  settle(): void {
    this.#begin(0);
    this.#registered = true;
    this.#heartbeat.settle();
  }

  later(delayMs: number, run: () => void): Timer {
    const started = this.#run;
    return this.machine.schedule(delayMs, () => {
      if (this.#run === started && this.#running) run();
    });
  }

  latency(lowMs: number, highMs: number, ...what: (string | number)[]): number {
    return this.world.random.between(lowMs, highMs, this.#profile.name, ...what);
  }

  newPodIp(): string {
    this.#lastPodIp = this.#lastPodIp >= 254 ? 2 : this.#lastPodIp + 1;
    return `${this.#podNetwork}.${this.#lastPodIp}`;
  }

  volumesAttached(pod: Pod): boolean {
    return volumesAttached(this.world.store, pod);
  }

  /** A volume was attached to this node: pods may have waited for it. */
  volumeAttached(): void {
    this.later(this.latency(50, 300, "volume attached", this.world.clock.now()), () => {
      if (this.reachesApi()) for (const worker of this.#workers.values()) worker.sync();
    });
  }

  reachesApi(): boolean {
    return this.world.reachesApi(this.#profile.name);
  }

  event(pod: Pod, type: "Normal" | "Warning", reason: string, message: string, fieldPath?: string): void {
    if (!this.#eventFilter.admits(type, pod.metadata.uid)) return;
    const { name } = this.#profile;
    const now = this.world.clock.stamp();
    const send = (): void => recordEvent(this.world, pod, type, reason, message, "kubelet", name, fieldPath, now);
    if (this.reachesApi()) send();
    else this.#unsent.push(send);
  }

  nodeEvent(type: "Normal" | "Warning", reason: string, message: string): void {
    if (this.reachesApi()) this.#heartbeat.event(type, reason, message);
  }

  /** The kernel has killed a process because the machine's memory was used up; its log says so. */
  systemOom(container: string): void {
    if (!this.#running) return;
    const pid = Math.floor(this.latency(10_000, 90_000, container, "oom", this.world.clock.now()));
    const victim = container === "compute" ? "qemu-kvm" : container;
    this.nodeEvent("Warning", "SystemOOM", `System OOM encountered, victim process: ${victim}, pid: ${pid}`);
  }

  activePods(): Pod[] {
    return [...this.#workers.values()].map(({ pod }) => pod).filter(({ status }) => !isFinished(status.phase));
  }

  kill(podUid: string, graceMs: number, verdict: Verdict): void {
    this.#workers.get(podUid)?.kill(graceMs, verdict);
  }

  done(podUid: string): void {
    this.#workers.get(podUid)?.stop();
    this.#workers.delete(podUid);
  }

  /** A pod of this node was created, changed or deleted; the kubelet sees it a little later, if it sees at all. */
  podChanged({ metadata }: Pod): void {
    const { uid, namespace, name } = metadata;
    if (!this.#listed || !this.#reached || this.#waiting.has(uid)) return;
    this.#waiting.add(uid);
    const seenMs = this.latency(5, 40, uid, "seen", metadata.resourceVersion) + this.world.apiDelayMs;
    this.later(seenMs, () => {
      this.#waiting.delete(uid);
      if (!this.reachesApi()) return;
      const pod = this.world.store.get<Pod>("pods", namespace, name);
      if (pod?.metadata.uid === uid) this.#seen(pod);
      else this.#workers.get(uid)?.remove();
    });
  }

  /** The node shuts down in order: pods get the configured grace, what they say of it is that they were terminated. */
  shutDown(graceMs: number): void {
    this.#heartbeat.event("Normal", "Shutdown", "Shutdown manager detected shutdown event");
    this.#heartbeat.notReady = "node is shutting down";
    if (this.reachesApi()) this.#heartbeat.report(true);
    const message = "Pod was terminated in response to imminent node shutdown.";
    for (const worker of this.#workers.values())
      worker.kill(graceMs, { reason: "Terminated", message, disrupts: true });
  }

  /** What it waits for it sees at once, any other end with the next relist of containers (pkg/kubelet/pleg: one a second). */
  #exited(podUid: string): void {
    const worker = this.#workers.get(podUid);
    if (!this.#running || worker === undefined) return;
    const now = this.world.clock.now();
    const toRelistMs = relistMs - ((now + this.latency(0, relistMs, "relist phase", this.#run)) % relistMs);
    const seenMs = worker.waitsForEnd ? 0 : toRelistMs + (worker.over ? this.latency(0, relistMs, podUid, "over") : 0);
    this.later(seenMs + this.latency(20, 120, podUid, "exit seen", now), () => this.#workers.get(podUid)?.sync());
  }

  /**
   * Its watchdogs have slept along with it: what it posts first after a long freeze is that they have not been heard of
   * (pkg/kubelet: runtimeState.runtimeErrors), as seen; with the next post all is well.
   */
  #watchFreeze(): void {
    const now = this.world.clock.now();
    if (this.machine.frozen) {
      this.#frozenMs ??= now;
      return;
    }
    if (this.#frozenMs === undefined) return;
    const asleepMs = now - this.#frozenMs;
    this.#frozenMs = undefined;
    if (asleepMs <= runtimePatienceMs) return;
    const seen = `${Math.floor(asleepMs / 60_000)}m${(asleepMs % 60_000) / 1000}s`;
    const relist = `PLEG is not healthy: pleg was last seen active ${seen} ago; threshold is 3m0s`;
    this.#heartbeat.asleep =
      asleepMs > relistPatienceMs ? `[container runtime is down, ${relist}]` : "container runtime is down";
    this.later(relistMs, () => (this.#heartbeat.asleep = undefined));
  }

  #changed(): void {
    this.#watchFreeze();
    const running = this.machine.powered && this.machine.kubeletRunning;
    if (running !== this.#running) {
      if (running) this.#start();
      else this.#stop();
      return;
    }
    if (running && this.machine.runtimeRunning !== this.#runtimeUp) this.#runtimeChanged();
    const reached = this.reachesApi();
    if (reached === this.#reached) return;
    this.#reached = reached;
    if (running && reached) this.#reconnect();
  }

  /** Without its container runtime it starts and ends nothing; once that is back, it does all that was to be done. */
  #runtimeChanged(): void {
    this.#runtimeUp = this.machine.runtimeRunning;
    const changedMs = this.world.clock.now();
    if (this.#runtimeUp) {
      this.later(this.latency(0, runtimeCheckMs, "runtime back", changedMs), () => {
        this.#heartbeat.runtimeDown = false;
        for (const worker of this.#workers.values()) worker.runtimeBack();
      });
      return;
    }
    this.later(runtimePatienceMs + this.latency(0, runtimeCheckMs, "runtime down", changedMs), () => {
      this.#heartbeat.runtimeDown = !this.machine.runtimeRunning;
    });
    this.later(this.latency(0, containerGcMs, "container gc", changedMs), () => this.#collectContainers());
  }

  /** Without the runtime, what it does every minute fails. */
  #collectContainers(): void {
    if (this.machine.runtimeRunning) return;
    this.nodeEvent("Warning", "ContainerGCFailed", runtimeAway);
    this.later(containerGcMs, () => this.#collectContainers());
  }

  #start(): void {
    this.#heartbeat.notReady = undefined;
    this.#heartbeat.runtimeDown = false;
    this.#runtimeUp = this.machine.runtimeRunning;
    this.machine.devices.clear();
    const startMs = this.latency(200, 500, "kubelet start", this.machine.boot, this.world.clock.now());
    this.#begin(startMs);
    if (this.#reached) this.#heartbeat.event("Normal", "Starting", "Starting kubelet.");
    if (this.#reached && this.world.settings.cgroup === "v1") this.#heartbeat.event("Warning", "CgroupV1", cgroupV1);
    this.later(startMs, () => {
      if (!this.reachesApi()) return;
      this.#heartbeat.event("Normal", "NodeAllocatableEnforced", "Updated Node Allocatable limit across pods");
      this.#register();
    });
  }

  #register(): void {
    this.#registered = true;
    if (!this.#heartbeat.register()) return;
    // What it waits for comes with its first look at the API (kubelet.go: fastStatusUpdateOnce).
    this.later(this.latency(150, 350, "first ready", this.#run), () => {
      if (this.reachesApi()) this.#heartbeat.report(true);
    });
  }

  /** Starts the regular beat, and takes the pods of the node in hand once they can be had. */
  #begin(delayMs: number): void {
    this.#run++;
    this.#eventFilter = new EventFilter(this.world.clock);
    this.#unsent = [];
    this.#running = true;
    this.#evictions = new EvictionManager(this);
    this.#listed = false;
    this.#registered = false;
    this.#reached = this.reachesApi();
    const periodMs = this.world.settings.nodeLeaseRenewSeconds * 1000;
    const beat = (): void => {
      if (this.reachesApi()) {
        if (this.#registered) this.#heartbeat.beat();
        else this.#register();
      }
      this.later(periodMs, beat);
    };
    this.later(delayMs + this.latency(0, periodMs, "beat", this.#run), beat);
    this.later(delayMs + this.latency(100, 400, "pods", this.#run), () => this.#list());
  }

  #stop(): void {
    this.#running = false;
    this.#reached = false;
    this.#listed = false;
    this.#waiting.clear();
    for (const worker of this.#workers.values()) worker.stop();
    this.#workers.clear();
  }

  #reconnect(): void {
    const attempt = this.world.clock.now();
    this.later(this.latency(100, 900, "relist", attempt), () => this.#list());
    this.later(this.latency(300, 1_500, "events", attempt), () => {
      if (this.reachesApi()) for (const send of this.#unsent.splice(0)) send();
    });
    this.later(this.latency(200, 7000, "lease retry", attempt), () => {
      if (this.reachesApi()) this.#heartbeat.renewLease();
    });
  }

  /** Compares the pods that the API has for this node with those in hand. */
  #list(): void {
    if (!this.reachesApi()) return;
    this.#listed = true;
    this.#waiting.clear();
    const pods = this.world.index.podsOn(this.#profile.name);
    const present = new Set(pods.map(({ metadata }) => metadata.uid));
    for (const [uid, worker] of this.#workers) if (!present.has(uid)) worker.remove();
    for (const uid of this.runtime.podUids()) {
      if (!present.has(uid) && !this.#workers.has(uid)) this.runtime.remove(uid);
    }
    for (const pod of pods) this.#seen(pod);
  }

  #seen(pod: Pod): void {
    const { uid } = pod.metadata;
    const worker = this.#workers.get(uid);
    if (worker !== undefined) {
      worker.update(pod);
      return;
    }
    const refused = isFinished(pod.status.phase) ? undefined : this.#rejection(pod);
    if (refused !== undefined) this.event(pod, "Warning", refused.reason, refused.message);
    const verdict = refused && {
      reason: refused.reason,
      message: `Pod was rejected: ${refused.message}`,
      disrupts: false,
    };
    const fresh = new PodWorker(this, pod, verdict);
    this.#workers.set(uid, fresh);
    fresh.sync();
  }

  #rejection(pod: Pod): { reason: string; message: string } | undefined {
    if (this.#heartbeat.notReady !== undefined) {
      return { reason: "NodeShutdown", message: "Pod was rejected as the node is shutting down." };
    }
    const evicted = this.machine.processes.has(`${pod.metadata.uid}/${pod.spec.containers[0]?.name}`)
      ? undefined
      : this.#evictions?.rejection(pod);
    return evicted ?? rejection(pod, this.world.store.get<Node>("nodes", undefined, this.#profile.name), this.machine);
  }
}

function isFinished(phase: Pod["status"]["phase"]): boolean {
  return phase === "Succeeded" || phase === "Failed";
}
