import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { EnvironmentError, messageOf } from "../errors.ts";
import { lives, ownIdentity } from "./process-identity.ts";
import { stateFolder } from "./state-folder.ts";
import { outstandingOf, undoLine, type Registered, type UndoJournal, type UndoLine } from "./undo-journal.ts";

/** What is needed to find a cluster again; files are absolute, and hold the secrets that are not here. */
const clusterWords = z.object({
  provider: z.enum(["kind", "existing"]),
  name: z.string().optional(),
  context: z.string().optional(),
  kubeconfig: z.string().optional(),
  clusterConfig: z.string().optional(),
});
export type ClusterWords = z.infer<typeof clusterWords>;

/** Which cluster a journal is of, and the run that began it. */
const beginning = z.object({ run: z.string(), at: z.iso.datetime(), cluster: clusterWords });
export type Beginning = z.infer<typeof beginning>;

/** A process that wants the cluster, and the name of that wish. */
const claimant = z.object({ id: z.string(), pid: z.int(), began: z.string() });
type Claimant = z.infer<typeof claimant>;

const line = z.union([
  z.object({ begin: beginning }),
  z.object({ owner: claimant }),
  z.object({ released: z.string() }),
  undoLine,
]);
type Line = z.infer<typeof line>;

/** What stands in a journal. */
export interface Found {
  file: string;
  /** Null where it was cut off before it said so; then nothing was touched. */
  beginning: Beginning | null;
  /** The process that works on it now. */
  owner: Claimant | null;
  outstanding: Registered[];
}

/**
 * An undo journal on this machine's disk, one for each cluster, which is also the cluster's lock: of all processes
 * that wrote into it that they want it, the first that lives has it. Every line is on the disk before anything else
 * happens; one that was cut off was never acted upon.
 */
export class FileJournal implements UndoJournal {
  readonly run: string;
  readonly #file: string;
  readonly #claim = randomUUID();

  private constructor(file: string, run: string) {
    this.#file = file;
    this.run = run;
  }

  /**
   * Begins a run's journal.
   *
   * @param key a file's name that is the cluster's alone
   * @throws EnvironmentError where another process has the cluster, or what one did to it is not undone
   */
  static begin(key: string, begun: Beginning): FileJournal {
    const journal = FileJournal.#take(join(undoFolder(), `${key}.jsonl`), begun.run);
    if (journal.outstanding.length > 0) {
      journal.release();
      throw new EnvironmentError(`an earlier run left this cluster broken; \`rebound undo\` puts it back`);
    }
    journal.#append({ begin: begun });
    return journal;
  }

  /** Takes over what an interrupted run left. @throws EnvironmentError where a process works on it */
  static adopt({ file, beginning }: Found): FileJournal {
    return FileJournal.#take(file, beginning?.run ?? "");
  }

  /** What is not undone now. */
  get outstanding(): Registered[] {
    return read(this.#file).outstanding;
  }

  static #take(file: string, run: string): FileJournal {
    const journal = new FileJournal(file, run);
    mkdirSync(undoFolder(), { recursive: true, mode: 0o700 });
    journal.#append({ owner: { id: journal.#claim, ...ownIdentity() } });
    syncFolder();
    const { owner } = read(file);
    // Who had it may have removed it in between.
    if (owner === null) return FileJournal.#take(file, run);
    if (owner.id === journal.#claim) return journal;
    throw new EnvironmentError(`process ${owner.pid} is at work on this cluster; wait for it, or end it`);
  }

  async register({ id, step }: Registered): Promise<void> {
    this.#append({ register: id, step });
  }

  async markDone(id: number): Promise<void> {
    this.#append({ done: id });
  }

  /** Lets go of the cluster; what is not undone stays written. */
  release(): void {
    if (this.outstanding.length === 0) this.forget();
    else this.#append({ released: this.#claim });
  }

  /** Lets go of the cluster and of all that is written of it. */
  forget(): void {
    rmSync(this.#file, { force: true });
  }

  #append(entry: Line): void {
    try {
      const descriptor = openSync(this.#file, "a", 0o600);
      try {
        // The line before may have been cut off.
        writeSync(descriptor, `\n${JSON.stringify(entry)}\n`);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    } catch (error) {
      throw new EnvironmentError(`the undo journal ${this.#file} cannot be written: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }
}

/** The journals of this machine, whoever works on them. */
export function findJournals(): Found[] {
  let names: string[];
  try {
    names = readdirSync(undoFolder());
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => read(join(undoFolder(), name)));
}

function undoFolder(): string {
  return join(stateFolder(), "undo");
}

/** A file that is new is on the disk only once its folder is. */
function syncFolder(): void {
  const descriptor = openSync(undoFolder(), "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

function read(file: string): Found {
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const lines = text.split("\n").flatMap((text) => parse(text, file));
  const begun = lines.findLast((entry) => "begin" in entry);
  const released = new Set(lines.flatMap((entry) => ("released" in entry ? [entry.released] : [])));
  const owners = lines.flatMap((entry) => ("owner" in entry ? [entry.owner] : []));
  return {
    file,
    beginning: begun?.begin ?? null,
    owner: owners.find((owner) => !released.has(owner.id) && lives(owner)) ?? null,
    outstanding: outstandingOf(lines.filter((entry): entry is UndoLine => "register" in entry || "done" in entry)),
  };
}

/** @throws EnvironmentError where it is whole, and means nothing: it may be a later version's */
function parse(text: string, file: string): Line[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Cut off, or empty.
    return [];
  }
  const parsed = line.safeParse(value);
  if (parsed.success) return [parsed.data];
  throw new EnvironmentError(`${file} holds a line that this version of Rebound does not know: ${text.slice(0, 200)}`);
}
