import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const bin = join(import.meta.dirname, "../../../bin/rebound.js");

/** A `rebound simulate` that serves. */
export interface Served extends AsyncDisposable {
  url: string;
  kubeconfig: string;
  /** A folder of its own, for what clients write. */
  folder: string;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; stdout: string[]; stderr: string }>;
}

/** Starts the real command in a process of its own, on a free port. */
export async function simulate(...args: string[]): Promise<Served> {
  const folder = await mkdtemp(join(tmpdir(), "rebound-simulate-"));
  const kubeconfig = join(folder, "kubeconfig");
  const own = !args.includes("--kubeconfig");
  const child = spawn(process.execPath, [bin, "simulate", ...(own ? ["--kubeconfig", kubeconfig] : []), ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "exit");
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const stdout: string[] = [];
  const lines = createInterface(child.stdout).on("line", (line) => stdout.push(line));
  await Promise.race([
    once(lines, "line"),
    ended.then(() => Promise.reject(new Error(`rebound simulate ended before it served: ${stderr}`))),
  ]);
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = (await ended) as [number | null];
    return { code, stdout, stderr };
  };
  return {
    url: stdout[0]!,
    kubeconfig,
    folder,
    end,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null) await end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Writes a manifest below the folder; JSON is YAML too. */
export async function manifest({ folder }: Served, name: string, object: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(object));
  return path;
}

/** A VirtualMachine as a user would write it; `more` goes over its specification, `template` over its instances'. */
export function vmManifest(name: string, more: object = {}, template: object = {}): object {
  return {
    apiVersion: "kubevirt.io/v1",
    kind: "VirtualMachine",
    metadata: { name, labels: { app: name } },
    spec: {
      runStrategy: "Always",
      template: {
        metadata: { labels: { app: name } },
        spec: {
          domain: {
            devices: {
              disks: [{ name: "root", disk: { bus: "virtio" } }],
              interfaces: [{ name: "default", masquerade: {} }],
            },
            resources: { requests: { memory: "128Mi", cpu: "50m" } },
          },
          networks: [{ name: "default", pod: {} }],
          volumes: [{ name: "root", containerDisk: { image: "registry.local/guest:v2" } }],
          ...template,
        },
      },
      ...more,
    },
  };
}
