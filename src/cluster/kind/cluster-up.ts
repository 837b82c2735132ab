import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import { findContainerRuntime, type ContainerRuntime } from "./container-runtime.ts";
import { CreationNote } from "./creation-note.ts";
import { deriveConfig } from "./derive-config.ts";
import { kindCli } from "./kind-cli.ts";
import { installKubeVirt, type KubeVirtManifests } from "./kubevirt-install.ts";
import { engineFacts } from "./machine-facts.ts";
import { NodeContainers } from "./node-container.ts";
import { nodePower } from "./node-power.ts";
import { sweepNodes } from "./sweep.ts";

export interface UpOptions {
  name: string;
  /** The text of a kind configuration, and what to call it in complaints. */
  config: { text: string; file: string };
  nodeImage?: string | undefined;
  /** Without them the cluster is left without KubeVirt. */
  manifests?: KubeVirtManifests | undefined;
  clock: Clock;
  signal: AbortSignal;
  /** Hears where it stands, one sentence at a time. */
  onStage: (stage: string) => void;
}

/**
 * Makes sure that there is a cluster and KubeVirt in it. Each step looks first whether it is done, so that a call
 * after a failure, an interruption or a kill goes on where the last one ended. A cluster that could not be created
 * is removed.
 */
export async function clusterUp(options: UpOptions): Promise<void> {
  const { name, config, clock, signal, onStage } = options;
  const runtime = await findContainerRuntime(clock, signal);
  const { cgroup } = await engineFacts(runtime, signal);
  const derived = deriveConfig(config.text, name, { cgroup }, config.file);
  const kind = kindCli(clock);
  const note = new CreationNote(name);
  if (await note.foundKilled(clock)) {
    onStage("removing what an interrupted creation left");
    await clusterDown({ name, clock, runtime });
  }
  if ((await kind.clusters(signal)).includes(name)) await wake(runtime, options);
  else await create();
  if (options.manifests) await withKubeconfig(await kind.kubeconfig(name, signal), install(options.manifests));

  function onLine(line: string): void {
    const stage = stageOf(line);
    if (stage !== null) onStage(stage);
  }

  async function create(): Promise<void> {
    onStage(`creating the kind cluster ${name}`);
    const { nodeImage } = options;
    note.write(null);
    try {
      await kind.create({ name, config: derived, nodeImage, signal, onBegin: (pid) => note.write(pid), onLine });
    } catch (error) {
      onStage("removing what was created");
      const left = await clusterDown({ name, clock, runtime }).then(() => "", messageOf);
      if (left === "") throw error;
      throw new EnvironmentError(`${messageOf(error)}; nor could what was created be removed: ${left}`, {
        cause: error,
      });
    }
    note.remove();
  }

  function install(manifests: KubeVirtManifests) {
    return (kubeconfig: string) => installKubeVirt({ clock, kubeconfig, manifests, signal, onStage });
  }
}

/** Removes the cluster and whatever carries its label; returns whether there was anything. Not cut short by a signal. */
export async function clusterDown({
  name,
  clock,
  runtime,
}: {
  name: string;
  clock: Clock;
  runtime: ContainerRuntime;
}): Promise<boolean> {
  const before = await new NodeContainers(runtime, name).list();
  // Whatever kind cannot do the sweep does; only the user's kubeconfig would keep a context of the cluster's.
  await kindCli(clock)
    .delete(name)
    .catch(() => {});
  await sweepNodes(runtime, name);
  new CreationNote(name).remove();
  return before.length > 0;
}

/** Starts the nodes that do not run: kind's are not started with the machine. */
async function wake(runtime: ContainerRuntime, { name, signal, onStage }: UpOptions): Promise<void> {
  const nodes = new NodeContainers(runtime, name);
  const known = await nodes.list(signal);
  const power = nodePower(nodes, known);
  for (const node of known.filter(({ state }) => state !== "running")) {
    onStage(`starting node ${node.name}, which is ${node.state}`);
    await power.powerOn(node.name, signal);
  }
}

async function withKubeconfig(text: string, use: (file: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rebound-kubeconfig-"));
  try {
    const file = join(folder, "config");
    await writeFile(file, text, { mode: 0o600 });
    await use(file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What kind begins (` • Preparing nodes 📦 📦  ...`), without its picture; null for the rest of what it says. */
function stageOf(line: string): string | null {
  return /^ • ([^\p{Extended_Pictographic}]+)/u.exec(line)?.[1]?.trim() ?? null;
}
