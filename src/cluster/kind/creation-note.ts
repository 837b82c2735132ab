import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Says on disk that a cluster is being created: written before its first container, removed when all is there or all
 * is gone. One that is found tells the nodes of a creation that was killed from a cluster of the user's.
 */
export interface CreationNote {
  isThere(): boolean;
  write(): Promise<void>;
  remove(): Promise<void>;
}

export function creationNote(cluster: string): CreationNote {
  const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  const folder = join(state, "rebound");
  const file = join(folder, `${cluster}.creating`);
  return {
    isThere: () => existsSync(file),
    write: async () => {
      await mkdir(folder, { recursive: true });
      await writeFile(file, "");
    },
    remove: () => rm(file, { force: true }),
  };
}
