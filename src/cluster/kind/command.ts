import { execa } from "execa";
import type { Clock } from "../../clock/clock.ts";
import { DeadlineError, withDeadline } from "../../clock/deadline.ts";
import { EnvironmentError } from "../../errors.ts";

export interface CommandOptions {
  clock: Clock;
  /** After it the command and all that it began are killed, in milliseconds. */
  limitMs: number;
  signal?: AbortSignal | undefined;
  /** What to call it in place of its words, where those hold a secret. */
  called?: string;
  /** What it reads on its standard input. */
  input?: string;
  env?: Record<string, string>;
  /** Hears the process's id as soon as it has one. */
  onBegin?: ((pid: number) => void) | undefined;
  /** Hears each line that it prints on standard error, as it is printed. */
  onLine?: ((line: string) => void) | undefined;
}

/** A command that could not be begun, failed, or did not end in time. */
export class CommandError extends EnvironmentError {
  override name = "CommandError";
  /** What it printed on standard error. */
  readonly stderr: string;
  readonly missing: boolean;

  constructor(message: string, { stderr = "", missing = false, cause }: Partial<CommandError> = {}) {
    super(message, { cause });
    this.stderr = stderr;
    this.missing = missing;
  }
}

/** How long a command that was told to end may take to write and undo what it is at, in milliseconds. */
const graceMs = 5_000;

/**
 * Runs a command to its end and returns what it printed on standard output. The limit is our own timer's: execa's
 * alone waits for whoever still holds the command's pipes.
 *
 * @throws CommandError
 */
export async function runCommand(file: string, args: string[], options: CommandOptions): Promise<string> {
  const { clock, limitMs, signal, input, env, onBegin, onLine } = options;
  const line = options.called ?? `\`${[file, ...args].join(" ")}\``;
  const work = async (abort: AbortSignal): Promise<string> => {
    const running = execa(file, args, {
      cancelSignal: abort,
      forceKillAfterDelay: graceMs,
      killDescendants: true,
      reject: false,
      ...(input === undefined ? { stdin: "ignore" as const } : { input }),
      ...(env && { env }),
    });
    if (running.pid !== undefined) onBegin?.(running.pid);
    if (onLine) void listen(running.iterable({ from: "stderr" }), onLine);
    const { failed, isCanceled, code, exitCode, stdout, stderr } = await running;
    if (!failed) return stdout;
    if (isCanceled) throw abort.reason;
    if (code === "ENOENT") throw new CommandError(`there is no \`${file}\` on the PATH`, { missing: true });
    const last = stderr.trim().split("\n").slice(-3).join("; ") || "it said nothing";
    throw new CommandError(`${line} failed (exit code ${exitCode ?? code}): ${last}`, { stderr });
  };
  let ended: Promise<unknown> = Promise.resolve();
  const follow = (abort: AbortSignal): Promise<string> => {
    const running = work(abort);
    ended = running.catch(() => {});
    return running;
  };
  try {
    return await withDeadline(clock, limitMs, follow, line, signal);
  } catch (error) {
    // Who comes after it must not meet it still at work.
    await withDeadline(clock, 2 * graceMs, () => ended, `${line} to end`).catch(() => {});
    if (error instanceof DeadlineError) throw new CommandError(error.message, { cause: error });
    throw error;
  }
}

async function listen(lines: AsyncIterable<string>, onLine: (line: string) => void): Promise<void> {
  try {
    for await (const line of lines) onLine(line);
  } catch {
    // The command's own end says why.
  }
}
