import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import { findContainerRuntime, type ContainerRuntime } from "./container-runtime.ts";
import { CreationNote } from "./creation-note.ts";
import { deriveConfig } from "./derive-config.ts";
import { kindCli } from "./kind-cli.ts";
import { kindNodeShell } from "./kind-node-shell.ts";
import { installKubeVirt } from "./kubevirt-install.ts";
import { imagesOf, readManifests, withEmulation, type KubeVirtManifests } from "./kubevirt-manifests.ts";
import { releaseManifests } from "./kubevirt-release.ts";
import { engineFacts, hasKvm } from "./machine-facts.ts";
import { NodeContainers } from "./node-container.ts";
import { provideImages, wantedImages } from "./node-images.ts";
import { nodePower } from "./node-power.ts";
import { sweepNodes } from "./sweep.ts";

export interface UpOptions {
  name: string;
  /** The text of a kind configuration, and what to call it in complaints. */
  config: { text: string; file: string };
  nodeImage?: string | undefined;
  /** Which KubeVirt: a release, or manifests in a folder; null leaves the cluster without one. */
  kubevirt: { release: string } | { folder: string } | null;
  /** Images that its VMs need, and what stands in the place of which image, by full or short name. */
  guestImages: string[];
  imageOverrides: ReadonlyMap<string, string>;
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
  const manifests = await manifestsOf(options);
  const derived = deriveConfig(config.text, name, await engineFacts(runtime, signal), config.file);
  const kind = kindCli(clock);
  const note = new CreationNote(name);
  if (await note.foundKilled(clock)) {
    onStage("removing what an interrupted creation left");
    await clusterDown({ name, clock, runtime });
  }
  if ((await kind.clusters(signal)).includes(name)) await wake(runtime, options);
  else await create();
  if (manifests === null) return;
  await loadImages(manifests);
  await withKubeconfig(await kind.kubeconfig(name, signal), install(manifests));

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

  async function loadImages(manifests: KubeVirtManifests): Promise<void> {
    const nodes = new NodeContainers(runtime, name);
    const names = (await nodes.list(signal)).map((node) => node.name);
    const wanted = wantedImages([...imagesOf(manifests), ...options.guestImages], options.imageOverrides);
    const shell = kindNodeShell(nodes);
    await provideImages(wanted, { runtime, clock, kind, cluster: name, nodes: names, shell, signal, onStage });
  }

  function install(manifests: KubeVirtManifests) {
    return (kubeconfig: string) => installKubeVirt({ clock, kubeconfig, manifests, signal, onStage });
  }
}

/** What is to be installed; it is looked at before anything is created. */
async function manifestsOf({ kubevirt, ...options }: UpOptions): Promise<KubeVirtManifests | null> {
  if (kubevirt === null) return null;
  const manifests =
    "folder" in kubevirt ? await readManifests(kubevirt.folder) : await releaseManifests(kubevirt.release, options);
  return (await hasKvm()) ? manifests : { ...manifests, kubevirt: withEmulation(manifests.kubevirt) };
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
