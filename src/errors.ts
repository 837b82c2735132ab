/** Exit codes of the command line. */
export const exitCodes = { green: 0, red: 1, usage: 2, environment: 3, regression: 4, interrupted: 130 } as const;

/** The user asked for something that cannot be: exit code 2. Says what, where and how to mend it. */
export class UsageError extends Error {
  override name = "UsageError";
}

/** The environment failed, not the VM under test: exit code 3. */
export class EnvironmentError extends Error {
  override name = "EnvironmentError";
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
