import { PassThrough, type Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { EnvironmentError } from "../../errors.ts";
import { callEngine } from "./container-runtime.ts";
import { mustRun, type NodeContainers } from "./node-container.ts";
import { refuseSharedKernel } from "./shared-kernel.ts";

export interface ExecResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface ExecOptions {
  /** After it the command is killed, in seconds; 20 if not given. */
  limitSeconds?: number;
  signal?: AbortSignal | undefined;
}

/** What the engine needs beside the command's own time, in milliseconds. */
const engineMs = 10_000;

/**
 * Runs a command in a node. The engine cannot end what it has begun there, so the command is begun by `timeout`,
 * which every node image has.
 *
 * @throws EnvironmentError when the node does not run, or the command did not end in time
 */
export async function execInNode(
  nodes: NodeContainers,
  name: string,
  command: string[],
  { limitSeconds = 20, signal }: ExecOptions = {},
): Promise<ExecResult> {
  refuseSharedKernel(name, command);
  const { runtime } = nodes;
  const node = await nodes.find(name, signal);
  mustRun(node);
  const begun = runtime.clock.now();
  const result = await callEngine(
    runtime,
    `run ${command[0]} in node ${name}`,
    async (abort) => {
      const exec = await runtime.engine.getContainer(node.id).exec({
        Cmd: ["timeout", "-s", "KILL", String(limitSeconds), ...command],
        AttachStdout: true,
        AttachStderr: true,
        abortSignal: abort,
      });
      const stream = await exec.start({ hijack: true, stdin: true, abortSignal: abort });
      const output = await readOutput(runtime.engine.modem, stream, abort);
      const { ExitCode } = await exec.inspect({ abortSignal: abort });
      return { exitCode: ExitCode ?? -1, ...output };
    },
    { limitMs: limitSeconds * 1000 + engineMs, signal },
  );
  if (result.exitCode === 137 && runtime.clock.now() - begun >= limitSeconds * 1000) {
    throw new EnvironmentError(`\`${command.join(" ")}\` in node ${name} did not end within ${limitSeconds} s`);
  }
  return result;
}

/**
 * Runs a command in a node and returns what it printed.
 *
 * @throws EnvironmentError also when it fails, with what it said
 */
export async function mustExecInNode(
  nodes: NodeContainers,
  name: string,
  command: string[],
  options?: ExecOptions,
): Promise<string> {
  const { exitCode, stdout, stderr } = await execInNode(nodes, name, command, options);
  if (exitCode === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join("; ") || "it said nothing";
  throw new EnvironmentError(`\`${command[0]}\` in node ${name} failed with exit code ${exitCode}: ${said}`);
}

interface Modem {
  demuxStream(stream: Duplex, stdout: PassThrough, stderr: PassThrough): void;
}

async function readOutput(modem: Modem, stream: Duplex, signal: AbortSignal): Promise<Omit<ExecResult, "exitCode">> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const abort = (): void => void stream.destroy(signal.reason as Error);
  const finish = (error?: Error): void => [stdout, stderr].forEach((out) => (error ? out.destroy(error) : out.end()));
  signal.addEventListener("abort", abort, { once: true });
  stream.once("end", () => finish());
  stream.once("close", () => finish());
  stream.once("error", finish);
  modem.demuxStream(stream, stdout, stderr);
  try {
    const [out, err] = await Promise.all([text(stdout), text(stderr)]);
    return { stdout: out, stderr: err };
  } finally {
    signal.removeEventListener("abort", abort);
    stream.destroy();
  }
}
