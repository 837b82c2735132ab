import { execa } from "execa";
import { simulate } from "./served.ts";
import type { Served } from "./served.ts";

/** Older ones ask for other things, or in other words. */
const oldestMinor = 32;

/** How a kubectl command ended. */
export interface Ended {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A simulated cluster, and the real kubectl that talks to it. */
export interface Kubectl extends AsyncDisposable {
  served: Served;
  /** Runs it; the command may fail. */
  tried(...args: string[]): Promise<Ended>;
  /** Runs it and answers what it printed; throws where it fails. */
  run(...args: string[]): Promise<string>;
  /** Starts it and leaves it running, with a way to what it has printed so far. */
  start(...args: string[]): { printed: () => string; ended: Promise<unknown>; stop: () => void };
}

/**
 * Serves a cluster for kubectl. Where there is no kubectl, the test that asks is skipped with that reason; under CI,
 * which installs one, it fails.
 */
export async function startKubectl(test: Mocha.Context, ...args: string[]): Promise<Kubectl> {
  const missing = await whatIsMissing();
  if (missing !== null) {
    if (process.env["CI"]) throw new Error(missing);
    test.test?.parent?.eachTest((each) => (each.title += ` (skipped: ${missing})`));
    test.skip();
  }
  const served = await simulate(...args);
  const { kubeconfig, folder } = served;
  // Its home is where it keeps what it knows of clusters; one of an earlier test may have had the same port.
  const options = { env: { KUBECONFIG: kubeconfig, HOME: folder }, cwd: folder, reject: false } as const;
  const tried = async (...args: string[]): Promise<Ended> => {
    const { exitCode, stdout, stderr } = await execa("kubectl", args, options);
    return { exitCode, stdout, stderr };
  };
  return {
    served,
    tried,
    async run(...args) {
      const { exitCode, stdout, stderr } = await tried(...args);
      if (exitCode !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
      return stdout;
    },
    start(...args) {
      const child = execa("kubectl", args, options);
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
      return { printed: () => text, ended: child, stop: () => void child.kill() };
    },
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

async function whatIsMissing(): Promise<string | null> {
  const { exitCode, stdout } = await execa("kubectl", ["version", "--client", "--output=json"], { reject: false });
  const wanted = `kubectl 1.${oldestMinor} or newer`;
  if (exitCode !== 0 || stdout === undefined) return `there is no ${wanted}`;
  const { clientVersion } = JSON.parse(stdout) as { clientVersion: { minor: string; gitVersion: string } };
  return parseInt(clientVersion.minor) >= oldestMinor ? null : `kubectl is ${clientVersion.gitVersion}, not ${wanted}`;
}

/** Waits until something holds, looking often; fails after ten seconds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`it did not come to this in ten seconds: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
