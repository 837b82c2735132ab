import type { Container, Pod, Probe } from "../../kube/objects.ts";
import type { Timer } from "../event-clock.ts";
import type { ContainerRecord } from "./container-runtime.ts";
import type { SimulatedMachine } from "./machine.ts";
import type { ProbeAnswer } from "./process.ts";

export type ProbeKind = "Liveness" | "Readiness";

/** What a prober needs of its kubelet. */
export interface ProberHost {
  now(): number;
  /** Waits as the kubelet does: not at all once it has stopped. */
  later(delayMs: number, run: () => void): Timer;
  record(): ContainerRecord | undefined;
  /** Puts the question to the container's process; undefined where nobody can put it. */
  ask(probe: Probe): ProbeAnswer | undefined;
  failed(message: string): void;
  /** The result has changed, counted by the thresholds. */
  turned(success: boolean): void;
}

/**
 * One kubelet probe of one container (pkg/kubelet/prober/worker.go): asks every period, counted from when the pod
 * came to the kubelet, once the container has run for the initial delay; turns at the success and failure thresholds.
 */
export class Prober {
  readonly #kind: ProbeKind;
  readonly #probe: Probe;
  readonly #host: ProberHost;
  readonly #phaseMs: number;
  readonly #podIp: () => string;
  #containerId: string | undefined;
  #timer: Timer | undefined;
  #run = { success: true, length: 0 };
  #result: boolean | undefined;

  /** @param phaseMs an instant at which it asks; the others are whole periods away. */
  constructor(kind: ProbeKind, probe: Probe, phaseMs: number, podIp: () => string, host: ProberHost) {
    this.#kind = kind;
    this.#probe = probe;
    this.#phaseMs = phaseMs;
    this.#podIp = podIp;
    this.#host = host;
  }

  /** A container has no readiness until its first success, and no failed liveness until its first failure. */
  get success(): boolean {
    return this.#result ?? this.#kind === "Liveness";
  }

  /** Looks whether the container runs, or runs anew, and asks it from then on. */
  watch(): void {
    const record = this.#host.record();
    if (record === undefined || record.exit !== undefined) {
      this.stop();
      return;
    }
    if (record.id === this.#containerId) return;
    this.stop();
    this.#containerId = record.id;
    this.#result = undefined;
    this.#run = { success: true, length: 0 };
    this.#askAt(record.startedMs + (this.#probe.initialDelaySeconds ?? 0) * 1000);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#containerId = undefined;
  }

  #askAt(earliestMs: number): void {
    const period = (this.#probe.periodSeconds ?? 10) * 1000;
    const now = this.#host.now();
    const periods = Math.ceil((Math.max(earliestMs, now) - this.#phaseMs) / period);
    this.#timer = this.#host.later(this.#phaseMs + periods * period - now, () => this.#ask());
  }

  #ask(): void {
    const answer = this.#host.ask(this.#probe);
    const askedMs = this.#host.now();
    if (answer === undefined) return this.#askAt(askedMs + 1);
    const wait = answer === "silent" ? (this.#probe.timeoutSeconds ?? 1) * 1000 : 0;
    if (wait === 0) this.#answered(answer, askedMs);
    else this.#timer = this.#host.later(wait, () => this.#answered(answer, askedMs));
  }

  #answered(answer: ProbeAnswer, askedMs: number): void {
    const success = answer === "success";
    this.#run = success === this.#run.success ? { success, length: this.#run.length + 1 } : { success, length: 1 };
    this.#askAt(askedMs + 1);
    if (!success) this.#host.failed(`${this.#kind} probe failed: ${failure(this.#probe, answer, this.#podIp())}`);
    const threshold = success ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    if (this.#run.length < threshold || this.#result === success) return;
    const before = this.success;
    this.#result = success;
    // A container that failed its liveness is not asked again: it is about to be killed.
    if (!success && this.#kind === "Liveness") this.#timer?.cancel();
    if (this.success !== before) this.#host.turned(success);
  }
}

/** Asks a process of that machine; what is asked by way of the container runtime cannot be without it, and counts for nothing. */
export function askContainer(machine: SimulatedMachine, process: string, probe: Probe): ProbeAnswer | undefined {
  const byRuntime = probe.tcpSocket === undefined && probe.httpGet === undefined;
  if (byRuntime && !machine.runtimeRunning) return undefined;
  return machine.processes.get(process)?.probe(probe) ?? "refused";
}

/** The probes of a container, by kind. */
export function probesOf(container: Container): [ProbeKind, Probe][] {
  const { livenessProbe, readinessProbe } = container;
  return [
    ...(livenessProbe ? [["Liveness", livenessProbe] as [ProbeKind, Probe]] : []),
    ...(readinessProbe ? [["Readiness", readinessProbe] as [ProbeKind, Probe]] : []),
  ];
}

/** Where an event about one container points. */
export function fieldPathOf(pod: Pod, container: string): string {
  const isMain = pod.spec.containers.some(({ name }) => name === container);
  return `spec.${isMain ? "containers" : "initContainers"}{${container}}`;
}

function failure(probe: Probe, answer: ProbeAnswer, podIp: string): string {
  if (probe.tcpSocket !== undefined) {
    return `dial tcp ${podIp}:${probe.tcpSocket.port}: ${answer === "silent" ? "i/o timeout" : "connect: connection refused"}`;
  }
  if (probe.httpGet !== undefined) {
    const { port, path = "/", scheme = "HTTP" } = probe.httpGet;
    const url = `Get "${scheme.toLowerCase()}://${podIp}:${port}${path}": `;
    return answer === "silent"
      ? `${url}context deadline exceeded (Client.Timeout exceeded while awaiting headers)`
      : `${url}dial tcp ${podIp}:${port}: connect: connection refused`;
  }
  return answer === "silent" ? `command timed out` : "";
}
