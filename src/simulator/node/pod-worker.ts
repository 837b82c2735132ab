import type { Container, Pod } from "../../kube/objects.ts";
import type { ContainerRecord } from "./container-runtime.ts";
import { initContainersOf, isSidecar, podStatus, type PodFacts, type Verdict } from "./pod-status.ts";
import { askContainer, fieldPathOf, Prober, probesOf, type ProbeKind } from "./prober.ts";
import type { PodWorkerHost } from "./pod-worker-host.ts";
import { RestartBackOff } from "./restart-back-off.ts";

/** Changes that come closer together than this are dealt with in one sync: it takes about as long. */
const syncMs = 150;

/** What a pod refused after a boot has left behind is found stopped after so long, as seen. */
const settlingMs = [8_000, 10_000] as const;

/** No container is given less between SIGTERM and SIGKILL (pkg/kubelet/kuberuntime: minimumGracePeriodInSeconds). */
const leastGraceMs = 2_000;

/** After a start the kubelet looks at the pod with each relist of its containers until nothing changes: so often, as seen. */
const relistsMs = [1_000, 2_000, 3_000];

/**
 * A kubelet's care for one pod, from its sandbox to its removal: brings what runs closer to what should, and reports
 * what is. Everything is decided anew from the records of the runtime at each `sync`.
 */
export class PodWorker {
  readonly #host: PodWorkerHost;
  readonly #uid: string;
  readonly #probers = new Map<string, Prober>();
  readonly #backOffs: RestartBackOff;
  readonly #told = new Set<string>();
  #pod: Pod;
  #gone = false;
  #verdict: Verdict | undefined;
  /** Its end was decided here (failed liveness, node shutdown), with that grace. */
  #killGraceMs: number | undefined;
  /** Whether it is known what became of containers that ran when this kubelet did not. */
  #settled: boolean;
  #sandbox: "none" | "creating" | "ready" = "none";
  /** Records from before the sandbox are of containers that it no longer holds. */
  #sandboxMs = -Infinity;
  /** When it was last synced for more than to end it. */
  #syncedMs = -Infinity;
  #podIp: string | undefined;
  #starting: string | undefined;
  #reporting = false;
  #removing = false;
  #reported: Pod["status"] | undefined;

  constructor(host: PodWorkerHost, pod: Pod, verdict: Verdict | undefined) {
    this.#host = host;
    this.#pod = pod;
    this.#uid = pod.metadata.uid;
    const ended = pod.spec.containers.every(({ name }) => host.runtime.record(this.#uid, name)?.exit?.code === 0);
    // A pod that had run to its end while no kubelet looked is refused in vain: it has succeeded.
    this.#verdict = ended ? undefined : verdict;
    this.#backOffs = new RestartBackOff(() => host.world.clock.now());
    const running = host.runtime.records(this.#uid).some((record) => record.exit === undefined);
    if (running) {
      this.#sandbox = "ready";
      this.#podIp = pod.status.podIP ?? host.newPodIp();
      if (this.#verdict !== undefined) this.#killGraceMs = leastGraceMs;
    } else if (host.runtime.records(this.#uid).length > 0 && this.#restarts(1) && verdict === undefined) {
      host.event(pod, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
    }
    this.#settled = verdict === undefined || running || pod.status.phase !== "Running";
    if (!this.#settled) {
      host.later(host.latency(...settlingMs, this.#uid, "settled"), () => {
        this.#settled = true;
        this.sync();
      });
    }
    const phaseMs = host.world.clock.now();
    for (const container of pod.spec.containers) {
      for (const [kind, probe] of probesOf(container)) {
        const prober = new Prober(kind, probe, phaseMs, () => this.#podIp ?? "", {
          now: () => host.world.clock.now(),
          later: (delayMs, run) => host.later(delayMs, run),
          record: () => this.#record(container.name),
          ask: (asked) => askContainer(host.machine, `${this.#uid}/${container.name}`, asked),
          failed: (message) =>
            host.event(this.#pod, "Warning", "Unhealthy", message, fieldPathOf(this.#pod, container.name)),
          turned: (success) => this.#probeTurned(kind, container, success),
        });
        this.#probers.set(`${kind}/${container.name}`, prober);
      }
    }
  }

  get pod(): Pod {
    return this.#pod;
  }

  /** Whether it has told containers to end and waits for that. */
  get waitsForEnd(): boolean {
    if (this.#gone || this.#verdict !== undefined || this.#killGraceMs !== undefined) return true;
    return this.#pod.metadata.deletionTimestamp !== undefined;
  }

  /** Whether its main containers have ended by themselves, and what ran beside them is told to. */
  get over(): boolean {
    return !this.waitsForEnd && this.#told.size > 0;
  }

  /** A newer version of the pod has come from the API. */
  update(pod: Pod): void {
    const grace = this.#pod.metadata.deletionGracePeriodSeconds;
    this.#pod = pod;
    if (pod.metadata.deletionGracePeriodSeconds !== grace) this.#told.clear();
    this.sync();
  }

  /** The pod is no longer in the API: what is left of it is stopped, with the grace it had last. */
  remove(): void {
    this.#gone = true;
    this.#told.clear();
    this.sync();
  }

  /** Ends the pod by the node's decision, which the pod's status will give where there is one to give. */
  kill(graceMs: number, verdict?: Verdict): void {
    if (this.#killGraceMs !== undefined && this.#killGraceMs <= graceMs) return;
    this.#killGraceMs = graceMs;
    this.#verdict ??= verdict;
    this.#told.clear();
    this.sync();
  }

  /** The container runtime is there again: what it was told before, it may not have done. */
  runtimeBack(): void {
    this.#told.clear();
    this.sync();
  }

  /** Looks at all there is and does the next thing; without a container runtime nothing can be seen or done. */
  sync(): void {
    if (!this.#host.machine.runtimeRunning) return;
    const wasStopping = this.#isEnding() && this.#told.size > 0;
    if (this.#isEnding()) this.#stopContainers();
    else if (!this.#hasEnded()) {
      if (this.#sandbox !== "none") this.#findImageVolumes();
      this.#startNext();
    }
    for (const prober of this.#probers.values()) {
      if (this.#isEnding()) prober.stop();
      else prober.watch();
    }
    if (!this.#anyRunning() && this.#starting === undefined) this.#cleanUp();
    // While it waits for containers to stop, a kubelet reports nothing of the pod.
    if (!this.#gone && !(wasStopping && this.#anyRunning())) this.#report();
  }

  stop(): void {
    for (const prober of this.#probers.values()) prober.stop();
  }

  #record(name: string): ContainerRecord | undefined {
    const record = this.#host.runtime.record(this.#uid, name);
    return record !== undefined && record.startedMs >= this.#sandboxMs ? record : undefined;
  }

  #anyRunning(): boolean {
    return this.#host.runtime.records(this.#uid).some((record) => record.exit === undefined);
  }

  #hasEnded(): boolean {
    return this.#pod.status.phase === "Succeeded" || this.#pod.status.phase === "Failed";
  }

  /** Whether its containers are to stop, or have nothing left to run for. */
  #isEnding(): boolean {
    if (this.waitsForEnd) return true;
    const records = (containers: Container[]): (ContainerRecord | undefined)[] =>
      containers.map(({ name }) => this.#host.runtime.record(this.#uid, name));
    const over = (record: ContainerRecord | undefined): boolean =>
      record?.exit !== undefined && !this.#restarts(record.exit.code);
    if (records(this.#pod.spec.containers).every(over)) return true;
    const init = initContainersOf(this.#pod).filter((one) => !isSidecar(one));
    return records(init).some((record) => over(record) && record?.exit?.code !== 0);
  }

  #restarts(exitCode: number): boolean {
    const policy = this.#pod.spec.restartPolicy ?? "Always";
    return policy === "Always" || (policy === "OnFailure" && exitCode !== 0);
  }

  #startNext(): void {
    if (this.#starting !== undefined) return;
    if (this.#sandbox === "none" && this.#host.volumesAttached(this.#pod)) this.#createSandbox();
    if (this.#sandbox !== "ready") return;
    const mains = this.#pod.spec.containers;
    const initialized = mains.some(({ name }) => this.#record(name) !== undefined);
    for (const container of initContainersOf(this.#pod)) {
      if (initialized && !isSidecar(container)) continue;
      const record = this.#record(container.name);
      if (record === undefined) return this.#start(container);
      if (record.exit === undefined) {
        if (isSidecar(container)) continue;
        return;
      }
      if (isSidecar(container) || record.exit.code !== 0) return this.#restart(container, record);
    }
    for (const container of mains) {
      const record = this.#record(container.name);
      if (record === undefined) return this.#start(container);
      if (record.exit !== undefined && this.#restarts(record.exit.code)) return this.#restart(container, record);
    }
  }

  /** A pod is synced with the next relists, as long as something changes in it, and then every minute or so. */
  #keepSyncing(): void {
    const { host, uid } = { host: this.#host, uid: this.#uid };
    const again = (): void => {
      if (this.#isEnding()) return;
      this.#findImageVolumes();
      host.later(host.latency(60_000, 90_000, uid, "resync", this.#syncedMs), again);
    };
    for (const delayMs of relistsMs) host.later(delayMs, () => this.sync());
    again();
  }

  /** Each sync looks for the images that are mounted as volumes, and says that it found them. */
  #findImageVolumes(): void {
    const now = this.#host.world.clock.now();
    if (now - this.#syncedMs < syncMs) return;
    this.#syncedMs = now;
    for (const { image } of (this.#pod.spec["volumes"] ?? []) as { image?: { reference: string } }[]) {
      if (image !== undefined) this.#host.event(this.#pod, "Normal", "Pulled", foundImage(image.reference));
    }
  }

  #createSandbox(): void {
    const { host, uid } = { host: this.#host, uid: this.#uid };
    this.#sandbox = "creating";
    host.later(host.latency(400, 900, uid, "sandbox"), () => {
      this.#sandbox = host.machine.runtimeRunning ? "ready" : "none";
      if (this.#sandbox === "none") return;
      this.#sandboxMs = host.world.clock.now();
      this.#podIp = host.newPodIp();
      this.sync();
    });
  }

  #restart(container: Container, record: ContainerRecord): void {
    const waitMs = this.#backOffs.waitMs(container.name, record);
    if (waitMs <= 0) return this.#start(container);
    this.#host.later(waitMs, () => this.sync());
  }

  #start(container: Container): void {
    const { host, uid } = { host: this.#host, uid: this.#uid };
    const path = fieldPathOf(this.#pod, container.name);
    const attempt = (host.runtime.record(uid, container.name)?.restarts ?? -1) + 1;
    this.#starting = container.name;
    host.event(this.#pod, "Normal", "Pulled", foundImage(container.image ?? ""), path);
    host.later(host.latency(20, 80, uid, container.name, "create", attempt), () => {
      host.event(this.#pod, "Normal", "Created", "Container created", path);
      host.later(host.latency(120, 500, uid, container.name, "start", attempt), () => {
        this.#starting = undefined;
        if (host.machine.runtimeRunning && !this.#isEnding()) {
          host.runtime.start(this.#pod, container);
          host.event(this.#pod, "Normal", "Started", "Container started", path);
          if (this.#pod.spec.containers.includes(container)) this.#keepSyncing();
        }
        this.sync();
      });
    });
  }

  /** Main containers first; what runs beside them goes when they are gone. */
  #stopContainers(): void {
    const running = (container: Container): boolean => {
      const record = this.#host.runtime.record(this.#uid, container.name);
      return record !== undefined && record.exit === undefined;
    };
    const mains = this.#pod.spec.containers.filter(running);
    const beside = initContainersOf(this.#pod).filter(running);
    for (const { name } of [...beside, ...mains]) {
      if (this.#told.has(`event/${name}`)) continue;
      this.#told.add(`event/${name}`);
      const path = fieldPathOf(this.#pod, name);
      this.#host.event(this.#pod, "Normal", "Killing", `Stopping container ${name}`, path);
    }
    for (const { name } of mains.length > 0 ? mains : beside) this.#stopContainer(name, this.#graceMs());
  }

  #stopContainer(name: string, graceMs: number): void {
    const record = this.#host.runtime.record(this.#uid, name);
    if (record === undefined || record.exit !== undefined || this.#told.has(name)) return;
    const { machine, runtime } = this.#host;
    this.#told.add(name);
    runtime.signal(this.#uid, name, "SIGTERM");
    this.#host.later(Math.max(leastGraceMs, graceMs), () => {
      if (record.exit === undefined && machine.runtimeRunning) runtime.signal(this.#uid, name, "SIGKILL");
    });
  }

  /** The least that anyone has asked for (pkg/kubelet/pod_workers.go: calculateEffectiveGracePeriod). */
  #graceMs(): number {
    const { spec, metadata } = this.#pod;
    const asked = metadata.deletionGracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30;
    return Math.min(this.#killGraceMs ?? Infinity, asked * 1000);
  }

  #probeTurned(kind: ProbeKind, container: Container, success: boolean): void {
    if (kind === "Liveness" && !success) this.#failedLiveness(container);
    else this.#report();
  }

  #failedLiveness(container: Container): void {
    const graceMs = (this.#pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const othersRun = this.#pod.spec.containers.some(({ name }) => {
      const record = this.#record(name);
      return name !== container.name && record !== undefined && record.exit === undefined;
    });
    // A pod left with nothing to keep or restart is killed as a whole (kuberuntime_manager.go: computePodActions).
    if (!this.#restarts(137) && !othersRun) return this.kill(graceMs);
    const message = `Container ${container.name} failed liveness probe${this.#restarts(137) ? ", will be restarted" : ""}`;
    this.#host.event(this.#pod, "Normal", "Killing", message, fieldPathOf(this.#pod, container.name));
    this.#told.delete(container.name);
    this.#stopContainer(container.name, graceMs);
  }

  #report(): void {
    if (this.#reporting) return;
    this.#reporting = true;
    const revision = this.#pod.metadata.resourceVersion;
    this.#host.later(this.#host.latency(10, 60, this.#uid, "status", revision) + this.#host.world.apiDelayMs, () => {
      this.#reporting = false;
      this.#writeStatus();
    });
  }

  #writeStatus(): void {
    const { world, runtime } = this.#host;
    if (this.#gone || !this.#host.reachesApi()) return;
    // A pod that has ended, and of which nothing is known here, keeps what was said of it.
    if (this.#hasEnded() && runtime.records(this.#uid).length === 0) return;
    const { namespace, name } = this.#pod.metadata;
    const current = world.store.get<Pod>("pods", namespace, name);
    if (current?.metadata.uid !== this.#uid) return;
    const status = podStatus(current, this.#facts(), this.#reported ?? current.status, world.clock.stamp());
    this.#reported = status;
    world.store.mutate<Pod>("pods", namespace, name, (draft) => {
      draft.status = status;
    });
  }

  #facts(): PodFacts {
    const started = this.#host.runtime.records(this.#uid).length > 0;
    const ended = this.#isEnding() && !this.#anyRunning();
    return {
      hostIp: this.#host.hostIp,
      podIp: started ? this.#podIp : undefined,
      sandboxReady: this.#sandbox === "ready" && !ended,
      verdict: this.#verdict,
      settled: this.#settled,
      begun: this.#pod.spec.containers.some(({ name }) => this.#record(name) !== undefined),
      terminal: this.#isEnding(),
      record: (container) => this.#host.runtime.record(this.#uid, container),
      ready: (container) => this.#probers.get(`Readiness/${container}`)?.success ?? true,
      backOff: (container) => this.#backOffs.waiting(container),
    };
  }

  /** Nothing runs any more: a pod marked for deletion is removed from the API once its end is reported. */
  #cleanUp(): void {
    if (!this.#isEnding() || this.#removing) return;
    const { world, runtime } = this.#host;
    if (!this.#gone && this.#pod.metadata.deletionTimestamp === undefined) return;
    if (!this.#gone && !this.#hasEnded()) return;
    this.#removing = true;
    this.#host.later(this.#gone ? 0 : this.#host.latency(300, 1300, this.#uid, "remove"), () => {
      this.#removing = false;
      if (!this.#gone) {
        if (!this.#host.reachesApi()) return;
        const { namespace, name } = this.#pod.metadata;
        this.#gone = true;
        const current = world.store.get<Pod>("pods", namespace, name);
        if (current?.metadata.uid === this.#uid) {
          world.store.delete("pods", namespace, name, { gracePeriodSeconds: 0 });
        }
      }
      runtime.remove(this.#uid);
      this.#host.done(this.#uid);
    });
  }
}

function foundImage(image: string): string {
  return `Container image "${image}" already present on machine and can be accessed by the pod`;
}
