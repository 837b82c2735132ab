import { release } from "node:os";
import type { ContainerRuntimeClient } from "testcontainers";
import type { Clock } from "../../clock/clock.ts";
import { withDeadline } from "../../clock/deadline.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";

/** The engine's own API, as testcontainers hands it over. */
export type Engine = ContainerRuntimeClient["container"]["dockerode"];

/** A container engine that answers: Docker, or Podman behind its Docker API, here or on another machine. */
export interface ContainerRuntime {
  readonly engine: Engine;
  /** Times of receipts are this clock's. */
  readonly clock: Clock;
  /** Whether the engine runs on this machine's own kernel, and so reads the same wall clock as `clock`. */
  readonly local: boolean;
}

interface Info {
  KernelVersion: string;
}

/** Longest time for one answer of the engine, in milliseconds: it answers in some, unless the machine is in trouble. */
const callLimitMs = 30_000;

/**
 * Finds the engine as testcontainers does: `DOCKER_HOST`, `~/.testcontainers.properties`, then the usual sockets.
 *
 * @throws EnvironmentError where none answers
 */
export async function findContainerRuntime(clock: Clock, signal?: AbortSignal): Promise<ContainerRuntime> {
  // The import takes half a second: it is paid by those who need an engine.
  const { getContainerRuntimeClient } = await import("testcontainers");
  try {
    const client = await withDeadline(clock, callLimitMs, getContainerRuntimeClient, "a container engine", signal);
    const engine = client.container.dockerode;
    // testcontainers keeps the client that it found once: it may have been long ago.
    const info = await withDeadline(clock, callLimitMs, () => engine.info() as Promise<Info>, "its answer", signal);
    mustBeTheNamed(engine);
    // An engine in a virtual machine of this one (Docker Desktop, Colima) has a kernel of its own.
    return { engine, clock, local: info.KernelVersion === release() };
  } catch (error) {
    signal?.throwIfAborted();
    throw new EnvironmentError(
      `no container engine answers (${messageOf(error)}); start one (\`systemctl start docker\`), ` +
        "or name one in DOCKER_HOST",
      { cause: error },
    );
  }
}

/** testcontainers looks further where `DOCKER_HOST` does not answer; kind does not, and both must mean one engine. */
function mustBeTheNamed({ modem }: Engine): void {
  const named = process.env["DOCKER_HOST"];
  if (!named) return;
  const { socketPath, host } = modem as { socketPath?: string; host?: string };
  const { protocol, pathname, hostname } = new URL(named);
  if (protocol === "unix:" ? pathname !== socketPath : hostname !== host) throw new Error(`${named} does not`);
}

/** One call of the engine, bounded; what it answers in place of what was asked becomes an `EnvironmentError`. */
export async function callEngine<T>(
  { clock }: ContainerRuntime,
  what: string,
  call: (signal: AbortSignal) => Promise<T>,
  { limitMs = callLimitMs, signal }: { limitMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  try {
    return await withDeadline(clock, limitMs, call, `the container engine to ${what}`, signal);
  } catch (error) {
    signal?.throwIfAborted();
    throw new EnvironmentError(`the container engine could not ${what}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Whether the engine says that what was asked for is so already. */
export function isNotModified(error: unknown): boolean {
  return error instanceof Error && statusOf(error.cause) === 304;
}

/** Whether the engine knows no such thing. */
export function isNoSuch(error: unknown): boolean {
  return error instanceof Error && statusOf(error.cause) === 404;
}

/** Whether the engine is already about it. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && statusOf(error.cause) === 409;
}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number } | undefined)?.statusCode;
}

/** The engine's own sentence, without the HTTP around it. */
function reasonOf(error: unknown): string {
  return (error as { json?: { message?: string } }).json?.message ?? messageOf(error);
}
