import type { Container, Pod, Probe } from "../../kube/objects.ts";
import type { SimulatedMachine } from "./machine.ts";

export type Signal = "SIGTERM" | "SIGKILL";

/** How a process ended: exit code, and the reason a container runtime would report (`OOMKilled`, `Error`, `Completed`). */
export interface Exit {
  code: number;
  reason: "Completed" | "Error" | "OOMKilled";
}

/** What a kubelet's probe meets: an answer, a refusal at once (closed port, non-zero exit), or silence until its timeout. */
export type ProbeAnswer = "success" | "refused" | "silent";

/**
 * The main process of a container, as its node sees it. It lives and dies with the machine: its own waiting
 * goes through `SimulatedMachine.schedule`, so that it stops with the machine and is never told.
 */
export interface Process {
  signal(signal: Signal): void;
  probe(probe: Probe): ProbeAnswer;
  /** Bytes of memory in use. */
  memory(): number;
  /** The kernel kills the largest process of the container, where that is not this one. */
  loseLargest?(): void;
}

/**
 * Makes the main process of a container, or answers undefined for a program that it does not know. Calls `exited`
 * once, when the process ends by itself or by a signal; not before it has returned, and not when the machine dies.
 */
export type ProcessFactory = (
  pod: Pod,
  container: Container,
  machine: SimulatedMachine,
  exited: (exit: Exit) => void,
) => Process | undefined;
