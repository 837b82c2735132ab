import { ApiError } from "../cluster/api-error.ts";
import { EnvironmentError, exitCodes, messageOf, UsageError } from "../errors.ts";

const forbidden = "`rebound rbac` prints a role that has what is needed";

/** The exit code for what a command threw. */
export function exitCodeOf(error: unknown): number {
  return error instanceof UsageError ? exitCodes.usage : exitCodes.environment;
}

/** What to tell a person about it: the message, and the stack only where it was asked for. */
export function explain(error: unknown): string {
  if (process.env["REBOUND_DEBUG"] && error instanceof Error) return `rebound: ${withCauses(error)}\n`;
  const message = `rebound: ${messageOf(error)}\n`;
  if (error instanceof UsageError || error instanceof EnvironmentError) return message;
  if (error instanceof ApiError) return error.code === 403 ? `${message}rebound: ${forbidden}\n` : message;
  return `${message}rebound: that was not foreseen; REBOUND_DEBUG=1 in the environment shows where it came from\n`;
}

function withCauses(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${withCauses(error.cause)}` : stack;
}
