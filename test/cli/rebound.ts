import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";

const bin = join(import.meta.dirname, "../../bin/rebound.js");

export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Runs the real command line as a user would, in `cwd`. */
export async function rebound(
  args: string[],
  options: { cwd?: string; nodeArgs?: string[]; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [...(options.nodeArgs ?? []), bin, ...args], {
    cwd: options.cwd ?? tmpdir(),
    reject: false,
    env: { NO_COLOR: "1", NODE_OPTIONS: "", ...options.env },
  });
  return { exitCode, stdout, stderr };
}

/** A folder with these files in it, gone at the end of the scope. */
export async function folderWith(files: Record<string, string> = {}): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "rebound-cli-"));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
