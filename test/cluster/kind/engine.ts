import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realClock } from "../../../src/clock/real-clock.ts";
import { notYet, waitUntil } from "../../../src/clock/wait-until.ts";
import { findContainerRuntime, type ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { messageOf } from "../../../src/errors.ts";

/** Where the engine that the tests began keeps its word: tests of several processes share it. */
const folder = join(tmpdir(), "rebound-test-engine");
const holders = join(tmpdir(), "rebound-test-engine-runs");
const pidFile = join(folder, "dockerd.pid");
const startLimitMs = 60_000;

/**
 * The container engine of this machine; where it is installed and does not run it is started. Without one the suite
 * is skipped, and says what it lacks; in CI it fails.
 */
export async function useEngine(suite: Mocha.Context): Promise<ContainerRuntime> {
  // The reaper is an image of a registry: leftovers are swept by label here.
  process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
  return missing(suite, "a container engine", async () => {
    const find = () => findContainerRuntime(realClock());
    await hold();
    const found = await find().catch(() => null);
    if (found !== null) return found;
    await startEngine();
    return waitUntil(realClock(), {
      what: "the container engine to answer",
      limitMs: startLimitMs,
      look: () => find().catch((error: unknown) => notYet(messageOf(error))),
    });
  });
}

/** What `find` finds; where it cannot be had the suite is skipped, in CI it fails. */
export async function missing<T>(suite: Mocha.Context, what: string, find: () => Promise<T>): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (process.env["CI"]) throw error;
    process.stderr.write(`    skipped for want of ${what}: ${messageOf(error)}\n`);
    return suite.skip();
  }
}

/** Says that this run of the tests, in whichever of its processes, uses the engine. */
async function hold(): Promise<void> {
  const run = process.env["MOCHA_WORKER_ID"] === undefined ? process.pid : process.ppid;
  await mkdir(holders, { recursive: true });
  await writeFile(join(holders, String(run)), "");
}

/** Ends the engine that tests began, unless another run of them uses it; one that was there before goes on. */
export async function stopOwnEngine(): Promise<void> {
  await rm(join(holders, String(process.pid)), { force: true });
  const others = await readdir(holders).catch(() => []);
  if (others.some((pid) => existsSync(`/proc/${pid}`)) || !existsSync(pidFile)) return;
  const pid = Number(await readFile(pidFile, "utf8"));
  try {
    process.kill(pid, "SIGTERM");
    await waitUntil(realClock(), {
      what: "the container engine to end",
      limitMs: startLimitMs,
      look: () => (existsSync(`/proc/${pid}`) ? notYet("it runs") : true),
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function startEngine(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error("none answers, and only root can start one");
  // One process of the tests begins it, the others wait for it.
  const first = await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    return "begun";
  });
  if (first === "begun") return;
  try {
    await beginEngine();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function beginEngine(): Promise<void> {
  const log = await open(join(folder, "dockerd.log"), "w");
  // A configuration of its own: the machine's may name the same settings, and the engine refuses what is named twice.
  const configuration = join(folder, "daemon.json");
  await writeFile(configuration, JSON.stringify(await leanRuntime()));
  const engine = spawn("dockerd", ["--config-file", configuration], {
    stdio: ["ignore", log.fd, log.fd],
    detached: true,
  });
  await once(engine, "spawn");
  engine.unref();
  await log.close();
  await writeFile(pidFile, String(engine.pid));
}

const capSysResource = 24n;

/**
 * A privileged container gets every capability, and a machine that lacks one itself (some sandboxes lack
 * CAP_SYS_RESOURCE) cannot start any: there the runtime is told not to ask for it.
 */
async function leanRuntime(): Promise<object> {
  const status = await readFile("/proc/self/status", "utf8");
  const bounding = BigInt(`0x${/^CapBnd:\s*(\w+)$/m.exec(status)![1]}`);
  if ((bounding >> capSysResource) & 1n) return {};
  const runtime = join(folder, "runc");
  const wrapper = `#!/bin/sh
previous=
for word; do
  case $previous in
    --bundle) spec=$word/config.json ;;
    --process) spec=$word ;;
    *) spec= ;;
  esac
  [ -z "$spec" ] || sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$spec"
  previous=$word
done
exec runc "$@"
`;
  await writeFile(runtime, wrapper, { mode: 0o755 });
  return { runtimes: { lean: { path: runtime } }, "default-runtime": "lean" };
}
