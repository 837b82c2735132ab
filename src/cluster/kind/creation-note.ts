import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../clock/clock.ts";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError } from "../../errors.ts";

/**
 * Says on disk that a cluster is being created, and by which processes: written before its first container, removed
 * when all is there or all is gone. One that is found tells what a killed creation left from a cluster of the user's.
 */
export class CreationNote {
  readonly #cluster: string;
  readonly #file: string;

  constructor(cluster: string) {
    const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
    this.#cluster = cluster;
    this.#file = join(state, "rebound", `${cluster}.creating`);
  }

  /** @param kind the process of kind's, once there is one */
  write(kind: number | null): void {
    mkdirSync(join(this.#file, ".."), { recursive: true });
    writeFileSync(this.#file, JSON.stringify({ rebound: process.pid, kind }));
  }

  remove(): void {
    rmSync(this.#file, { force: true });
  }

  /**
   * Whether a creation was killed; its kind, which outlives who began it and would remove the nodes of the next
   * one when it fails, is ended first.
   *
   * @throws EnvironmentError where the creation goes on
   */
  async foundKilled(clock: Clock): Promise<boolean> {
    const note = this.#read();
    if (note === null) return false;
    const { rebound, kind } = note;
    if (rebound !== process.pid && commandOf(rebound).includes("cluster")) {
      throw new EnvironmentError(`process ${rebound} is creating the cluster ${this.#cluster}; wait for it, or end it`);
    }
    if (kind !== null && this.#isCreating(kind)) {
      process.kill(kind, "SIGKILL");
      await waitUntil(clock, {
        what: `kind (pid ${kind}) to end`,
        limitMs: 10_000,
        everyMs: 50,
        look: () => (this.#isCreating(kind) ? notYet("it runs") : true),
      });
    }
    return true;
  }

  #isCreating(pid: number): boolean {
    return commandOf(pid).includes(`create cluster --name ${this.#cluster} `);
  }

  #read(): { rebound: number; kind: number | null } | null {
    try {
      return JSON.parse(readFileSync(this.#file, "utf8")) as { rebound: number; kind: number | null };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
      throw new EnvironmentError(`${this.#file} cannot be read; remove it`, { cause: error });
    }
  }
}

/** A process's command line; empty where there is none. */
function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
