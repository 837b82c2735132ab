import type { Container, Pod, Probe } from "../../kube/objects.ts";
import type { SimulatedMachine } from "./machine.ts";

export type Signal = "SIGTERM" | "SIGKILL";

/** How a process ended: exit code, and the reason a container runtime would report (`OOMKilled`, `Error`, `Completed`). */
export interface Exit {
  code: number;
  reason: "Completed" | "Error" | "OOMKilled";
}

/** The main process of a container, as its node sees it. It lives and dies with the machine. */
export interface Process {
  signal(signal: Signal): void;
  /** Whether a kubelet's probe of it succeeds right now; undefined while it cannot tell (no answer: times out). */
  probe(probe: Probe): boolean;
  /** Bytes of memory in use. */
  memory(): number;
}

/** Makes the main process of a container; calls `exited` once, when it ends by itself or by a signal. */
export type ProcessFactory = (
  pod: Pod,
  container: Container,
  machine: SimulatedMachine,
  exited: (exit: Exit) => void,
) => Process;
