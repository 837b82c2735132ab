import { EnvironmentError } from "../errors.ts";

/** How hands reach a cluster's nodes: by a script that runs as root in a node's own namespaces. */
export interface NodeShell {
  /** Whether the nodes read the same wall clock as this process: then what they stamp can be placed on its clock. */
  readonly sharesClock: boolean;
  /**
   * Runs a POSIX script to its end and says how it ended, whatever its exit code.
   *
   * @param args its `$1`, `$2` and so on: data that the script is never to be made of
   * @throws EnvironmentError when the node cannot be reached, or the script did not end in time
   */
  run(node: string, script: string, args?: string[], options?: ScriptOptions): Promise<ScriptResult>;
}

export interface ScriptOptions {
  /** After it the script is killed, in seconds; 20 if not given. */
  limitSeconds?: number;
  signal?: AbortSignal | undefined;
}

export interface ScriptResult {
  exitCode: number;
  stdout: string;
  stderr: string;
  /** When it was asked for, and when its end was known; milliseconds of the clock. */
  fromMs: number;
  toMs: number;
}

/**
 * Runs a script that must succeed. `what` completes the sentence "on node worker, … failed".
 *
 * @throws EnvironmentError also when it fails, with the last that it said
 */
export async function mustRunOn(
  shell: NodeShell,
  node: string,
  what: string,
  script: string,
  args: string[] = [],
  options: ScriptOptions = {},
): Promise<ScriptResult> {
  const result = await shell.run(node, script, args, options);
  if (result.exitCode === 0) return result;
  const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-3).join("; ") || "it said nothing";
  throw new EnvironmentError(`on node ${node}, ${what} failed (exit code ${result.exitCode}): ${said}`);
}
