import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Node, Pod } from "../../src/kube/objects.ts";
import { readJournal } from "../../src/observe/journal-reader.ts";
import type { ActionEntry, JournalLine } from "../../src/observe/journal.ts";
import type { Settings } from "../../src/simulator/settings.ts";

/** A journal of a real cluster, and what is needed to play it again. */
export interface Recording {
  /** The file's name without its ending. */
  name: string;
  path: string;
  lines: JournalLine[];
  /** Seconds from its beginning to its last line. */
  endsAt: number;
  workers: number;
  cpusPerWorker: number;
  memoryBytesPerWorker: number;
  settings: Partial<Settings>;
}

/** Something done to the cluster, and the answer of whoever did it. */
export interface Action extends ActionEntry {
  at: number;
  /** Its line in the file, from 1. */
  line: number;
}

const ending = /\.jsonl(\.gz)?$/;

/** Every recording of a folder, by name. */
export async function readRecordings(folder: string): Promise<Recording[]> {
  const files = (await readdir(folder)).filter((file) => ending.test(file)).sort();
  return Promise.all(files.map((file) => readRecording(join(folder, file))));
}

async function readRecording(path: string): Promise<Recording> {
  const { lines } = await readJournal(path);
  const nodes = lines.flatMap((line) =>
    line.kind === "watch" && line.resource === "nodes" && line.verb === "LISTED" ? [line.object as Node] : [],
  );
  const workers = nodes.filter(({ metadata }) => !metadata.name.endsWith("control-plane"));
  const { cpu = "8", memory = "32Gi" } = workers[0]?.status.capacity ?? {};
  return {
    name: basename(path).replace(ending, ""),
    path,
    lines,
    endsAt: lines.at(-1)!.at,
    workers: workers.length,
    cpusPerWorker: Number(cpu),
    memoryBytesPerWorker: Number.parseInt(memory) * 1024,
    settings: { ...settingsOf(lines), sharedKernel: shareKernel(nodes), emulation: areEmulated(lines) },
  };
}

/** What was done, in order; each with the answer that its `end` line has. */
export function actionsOf(recording: Recording): Action[] {
  const actions: Action[] = [];
  for (const [index, entry] of recording.lines.entries()) {
    if (entry.kind !== "action" || entry.phase === undefined) continue;
    if (entry.phase === "start") actions.push({ ...entry, line: index + 1 });
    else {
      const begun = actions.findLast((action) => action.name === entry.name && !("answered" in action));
      if (begun !== undefined) Object.assign(begun, { result: entry.result, answered: entry.at });
    }
  }
  return actions;
}

function shareKernel(nodes: Node[]): boolean {
  return nodes.length > 1 && new Set(nodes.map(({ status }) => status.nodeInfo?.["bootID"])).size === 1;
}

/** Whether the launchers ask for no KVM. */
function areEmulated(lines: JournalLine[]): boolean {
  const containers = lines.flatMap((line) =>
    line.kind === "watch" && line.resource === "pods" ? (line.object as Pod).spec.containers : [],
  );
  const launcher = containers.find(({ name }) => name === "compute");
  return launcher !== undefined && !("devices.kubevirt.io/kvm" in (launcher.resources?.limits ?? {}));
}

/** The settings that a recording names; the oldest name none and were made on the same machine. */
function settingsOf(lines: JournalLine[]): Partial<Settings> {
  const title = lines.find((line) => line.kind === "action" && line.name === "recording") as ActionEntry | undefined;
  const said = (title?.["settings"] ?? {}) as Partial<Settings>;
  const eviction = said.evictionStrategy?.split(" ")[0] as Settings["evictionStrategy"] | undefined;
  return {
    ...said,
    evictionStrategy: eviction ?? "None",
    cgroup: (title?.["cgroup"] as Settings["cgroup"] | undefined) ?? "v1",
    storage: "local",
  };
}
