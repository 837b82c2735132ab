import { PassThrough, type Readable } from "node:stream";
import type { KubeConfig, V1Status } from "@kubernetes/client-node";
import { EnvironmentError, messageOf } from "../errors.ts";

/** Where a command is run, and which. */
export interface PodCommand {
  namespace: string;
  pod: string;
  container: string;
  command: string[];
}

export interface ExecOptions {
  /** Gives the command up; what it began may run on. */
  signal?: AbortSignal | undefined;
  stdin?: Readable;
  /** Hears what it prints as it comes. */
  onOutput?: (text: string) => void;
}

/** How a command ended, and all that it said. */
export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/**
 * Runs a command in a container of a pod, over the API server, to its end.
 *
 * @throws EnvironmentError where it could not be begun, or the connection broke before it ended
 */
export async function execInPod(config: KubeConfig, where: PodCommand, options: ExecOptions = {}): Promise<ExecResult> {
  const { namespace, pod, container, command } = where;
  const { signal, stdin, onOutput } = options;
  const { Exec } = await import("@kubernetes/client-node");
  signal?.throwIfAborted();
  const [stdout, stderr] = [collect(onOutput), collect()];
  const ended = Promise.withResolvers<V1Status>();
  const broke = (why: string): EnvironmentError => new EnvironmentError(`the exec in pod ${namespace}/${pod} ${why}`);
  const opening = new Exec(config).exec(
    namespace,
    pod,
    container,
    command,
    stdout.stream,
    stderr.stream,
    stdin ?? null,
    false,
    ended.resolve,
  ) as Promise<Pick<WebSocket, "onclose" | "onerror" | "close">>;
  const socket = await opening.catch((error: unknown) => {
    // A web socket's errors are events.
    throw broke(`was refused: ${(error as { message?: string }).message ?? messageOf(error)}`);
  });
  const abort = (): void => ended.reject(signal!.reason as Error);
  signal?.addEventListener("abort", abort, { once: true });
  // The status comes before the end; where it does not, nobody knows how the command fares.
  socket.onclose = () => setImmediate(() => ended.reject(broke("broke off")));
  try {
    return { exitCode: exitCodeOf(await ended.promise), stdout: stdout.text(), stderr: stderr.text() };
  } finally {
    signal?.removeEventListener("abort", abort);
    socket.onerror = () => {};
    socket.close();
  }
}

function collect(onOutput?: (text: string) => void): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough({ encoding: "utf8" });
  let text = "";
  stream.on("data", (chunk: string) => {
    text += chunk;
    onOutput?.(chunk);
  });
  return { stream, text: () => text };
}

/** @throws EnvironmentError where the command was never run */
function exitCodeOf({ status, reason, message, details }: V1Status): number {
  if (status === "Success") return 0;
  const code = details?.causes?.find((cause) => cause.reason === "ExitCode")?.message;
  if (reason !== "NonZeroExitCode" || code === undefined) {
    throw new EnvironmentError(`the command could not be run: ${message ?? reason ?? "no reason was given"}`);
  }
  return Number(code);
}
