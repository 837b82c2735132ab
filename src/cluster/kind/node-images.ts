import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { ImageLack } from "../cluster.ts";
import { mustRunOn, type NodeShell } from "../node-shell.ts";
import { callEngine, isNoSuch, type ContainerRuntime } from "./container-runtime.ts";
import type { KindCli } from "./kind-cli.ts";
import { shortName } from "./kubevirt-manifests.ts";

/** How long the engine may take to pull one image, in milliseconds; the largest, virt-launcher, is 500 MB. */
const pullLimitMs = 15 * 60_000;
const listLimitSeconds = 60;

/** An image that nodes ask for, and what the engine has in its place: another only where the user says so. */
export interface WantedImage {
  name: string;
  from: string;
}

export interface ProvideOptions {
  runtime: ContainerRuntime;
  clock: Clock;
  kind: KindCli;
  /** The cluster's name, its running nodes, and the way into them. */
  cluster: string;
  nodes: string[];
  shell: NodeShell;
  signal?: AbortSignal | undefined;
  onStage: (stage: string) => void;
}

/**
 * Makes sure that every node has every image, so that none is pulled while something is measured: what a node lacks
 * is loaded from the engine, and the engine pulls what it lacks itself; it keeps them, so another cluster pulls nothing.
 * Every image is known on the nodes as `name@digest` as well: under that name KubeVirt asks for a container disk when
 * it migrates its VM (pkg/container-disk: ExtractImageIDsFromSourcePod).
 *
 * @throws EnvironmentError
 */
export async function provideImages(wanted: WantedImage[], options: ProvideOptions): Promise<void> {
  const { nodes, signal, kind, cluster, onStage } = options;
  const there = new Map(await Promise.all(nodes.map(async (node) => [node, await imagesOn(node, options)] as const)));
  for (const { name, from } of wanted) {
    const lacking = nodes.filter((node) => !there.get(node)!.has(fullName(name)));
    if (lacking.length === 0) continue;
    await pullIfMissing(from, options);
    onStage(`loading ${name} into ${lacking.length} nodes`);
    await kind.load({ name: cluster, image: from, nodes: lacking, signal });
    await Promise.all(lacking.map((node) => tag(node, fullName(from), fullName(name), options)));
  }
}

/** The same, image by image: what cannot be had is left to the nodes' own pull, and is told. */
export async function provideEach(wanted: WantedImage[], options: ProvideOptions): Promise<ImageLack[]> {
  const lacks: ImageLack[] = [];
  for (const image of wanted) {
    try {
      await provideImages([image], options);
    } catch (error) {
      options.signal?.throwIfAborted();
      lacks.push({ image: image.name, reason: messageOf(error) });
    }
  }
  return lacks;
}

/** The images of a list, each from where the user wants it: `overrides` are by full or by short name. */
export function wantedImages(names: string[], overrides: ReadonlyMap<string, string>): WantedImage[] {
  return [...new Set(names)].map((name) => ({
    name,
    from: overrides.get(name) ?? overrides.get(shortName(name)) ?? name,
  }));
}

/** The names under which a node's container runtime knows its images. */
async function imagesOn(node: string, { shell, signal }: ProvideOptions): Promise<Set<string>> {
  const list = "ctr --namespace k8s.io images ls --quiet";
  const options = { limitSeconds: listLimitSeconds, signal };
  const { stdout } = await mustRunOn(shell, node, "listing its images", list, [], options);
  return new Set(stdout.split("\n").filter(Boolean));
}

async function pullIfMissing(image: string, { runtime, signal, onStage }: ProvideOptions): Promise<void> {
  const { engine } = runtime;
  const inspect = () => engine.getImage(image).inspect();
  try {
    await callEngine(runtime, `look for the image ${image}`, inspect, { signal });
    return;
  } catch (error) {
    if (!isNoSuch(error)) throw error;
  }
  onStage(`pulling ${image}`);
  const pull = async (abortSignal: AbortSignal): Promise<void> => {
    const progress = await engine.pull(image, { abortSignal });
    await new Promise<void>((resolve, reject) =>
      engine.modem.followProgress(progress, (error: Error | null) => (error ? reject(error) : resolve())),
    );
  };
  try {
    await callEngine(runtime, `pull ${image}`, pull, { limitMs: pullLimitMs, signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw new EnvironmentError(
      `the image ${image} is neither in the container engine nor to be had from its registry; bring it in ` +
        `(\`docker load\`), or name one that is there with --image ${shortName(image)}=<image>`,
      { cause: error },
    );
  }
}

/** Gives what was loaded the names under which it is asked for. `$1`: as loaded, `$2`: as wanted, `$3`: without tag. */
const tagging = `
set -eu
images="ctr --namespace k8s.io images"
digest=$($images ls "name==$1" | awk 'NR == 2 { print $3 }')
[ -n "$digest" ] || { echo "there is no $1 after loading it" >&2; exit 1; }
[ "$1" = "$2" ] || $images tag --force "$1" "$2" >/dev/null
$images tag --force "$1" "$3@$digest" >/dev/null
`;

async function tag(node: string, loaded: string, wanted: string, { shell, signal }: ProvideOptions): Promise<void> {
  const untagged = wanted.replace(/@.*$/, "").replace(/:[^/:]*$/, "");
  await mustRunOn(shell, node, `naming the image ${wanted}`, tagging, [loaded, wanted, untagged], { signal });
}

/**
 * An image's name as containerd keeps it: with its registry and a tag (github.com/distribution/reference:
 * ParseNormalizedNamed, TagNameOnly).
 */
export function fullName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  const isRegistry = rest.length > 0 && (/[.:]/.test(first) || first === "localhost");
  const path = isRegistry ? image : `docker.io/${rest.length === 0 ? "library/" : ""}${image}`;
  return /@|:[^/]*$/.test(path) ? path : `${path}:latest`;
}
