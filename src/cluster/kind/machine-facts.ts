import { access, constants, readFile, statfs } from "node:fs/promises";
import type { Clock } from "../../clock/clock.ts";
import { messageOf } from "../../errors.ts";
import { runCommand } from "./command.ts";
import { callEngine, findContainerRuntime, type ContainerRuntime } from "./container-runtime.ts";

/** What a cluster's prospects depend on; null where it cannot be known. */
export interface MachineFacts {
  engine: EngineFacts;
  /** Versions. */
  kind: string | null;
  kubectl: string | null;
  inotify: { instances: number | null; watches: number | null };
  kvm: boolean;
  /** Where the engine keeps its images and containers. */
  freeDiskBytes: number | null;
}

export interface EngineFacts {
  /** Why there is none. */
  lack: string | null;
  version: string;
  rootless: boolean;
  cgroup: "v1" | "v2";
  cpus: number | null;
  memoryBytes: number | null;
  /** Its folder on its own machine. */
  folder: string | null;
  local: boolean;
}

const askLimitMs = 20_000;

/** Looks at this machine and at the engine, and changes nothing. */
export async function machineFacts(clock: Clock, signal?: AbortSignal): Promise<MachineFacts> {
  const ask = (file: string, args: string[]): Promise<string | null> =>
    runCommand(file, args, { clock, limitMs: askLimitMs, signal }).catch(() => null);
  const [engine, kind, kubectl, instances, watches, kvm] = await Promise.all([
    findContainerRuntime(clock, signal).then((runtime) => engineFacts(runtime, signal), noEngine),
    ask("kind", ["version", "-q"]),
    ask("kubectl", ["version", "--client", "-o", "json"]),
    readNumber("/proc/sys/fs/inotify/max_user_instances"),
    readNumber("/proc/sys/fs/inotify/max_user_watches"),
    hasKvm(),
  ]);
  signal?.throwIfAborted();
  return {
    engine,
    kind: kind?.trim() ?? null,
    kubectl: kubectl && (/"gitVersion":\s*"v?([^"]+)"/.exec(kubectl)?.[1] ?? null),
    inotify: { instances, watches },
    kvm,
    freeDiskBytes: engine.local && engine.folder !== null ? await freeBytes(engine.folder) : null,
  };
}

/** What the engine says of itself and of the machine that it runs on. */
export async function engineFacts(runtime: ContainerRuntime, signal?: AbortSignal): Promise<EngineFacts> {
  const info = (await callEngine(runtime, "describe itself", () => runtime.engine.info() as Promise<unknown>, {
    signal,
  })) as Record<string, string | number | string[] | undefined>;
  return {
    lack: null,
    version: String(info["ServerVersion"]),
    rootless: [info["SecurityOptions"] ?? []].flat().some((option) => String(option).includes("rootless")),
    cgroup: info["CgroupVersion"] === "1" ? "v1" : "v2",
    cpus: Number(info["NCPU"]),
    memoryBytes: Number(info["MemTotal"]),
    folder: String(info["DockerRootDir"]),
    local: runtime.local,
  };
}

function noEngine(error: unknown): EngineFacts {
  const unknown = { cpus: null, memoryBytes: null, folder: null };
  return { lack: messageOf(error), version: "", rootless: false, cgroup: "v2", ...unknown, local: false };
}

async function readNumber(path: string): Promise<number | null> {
  return readFile(path, "utf8").then(Number, () => null);
}

/** Whether guests on this machine can do without emulation. */
export async function hasKvm(): Promise<boolean> {
  return access("/dev/kvm", constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

async function freeBytes(folder: string): Promise<number | null> {
  return statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => null,
  );
}
