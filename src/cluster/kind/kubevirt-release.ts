import { createHash } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../../clock/clock.ts";
import { withDeadline } from "../../clock/deadline.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import { manifestFiles, type KubeVirtManifests } from "./kubevirt-manifests.ts";

/** Where releases are described, each file of theirs with its SHA-256 (GitHub's REST API, "Get a release by tag name"). */
const releases = "https://api.github.com/repos/kubevirt/kubevirt/releases/tags";

/** Longest time for one file, in milliseconds: they are below a megabyte. */
const downloadLimitMs = 120_000;

export interface ReleaseOptions {
  clock: Clock;
  signal?: AbortSignal | undefined;
  onStage: (stage: string) => void;
  /** What stands for `releases`, in tests. */
  source?: string;
}

const description = z.object({
  assets: z.array(z.object({ name: z.string(), browser_download_url: z.url(), digest: z.string().nullish() })),
});
type Asset = z.infer<typeof description>["assets"][number];

/**
 * The manifests of a KubeVirt release: from the cache, or downloaded, held against the checksum that the release
 * states, and cached.
 *
 * @throws EnvironmentError where they cannot be had, or are not what the release says they are
 */
export async function releaseManifests(version: string, options: ReleaseOptions): Promise<KubeVirtManifests> {
  const folder = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "rebound", "kubevirt", version);
  const cached = await readCached(folder);
  if (cached !== null) return cached;
  options.onStage(`downloading KubeVirt ${version}`);
  try {
    const { assets } = await describe(version, options);
    const [operator, kubevirt] = await Promise.all(
      [manifestFiles.operator, manifestFiles.kubevirt].map((name) => download(name, version, assets, options)),
    );
    await cache(folder, { operator: operator!, kubevirt: kubevirt! });
    return { operator: operator!, kubevirt: kubevirt! };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new EnvironmentError(
      `KubeVirt ${version} cannot be downloaded: ${reasonOf(error)}; name a folder that has ${manifestFiles.operator} ` +
        `and ${manifestFiles.kubevirt} of a release with --kubevirt-manifests, or \`--kubevirt none\` for a cluster without it`,
      { cause: error },
    );
  }
}

async function describe(version: string, options: ReleaseOptions): Promise<z.infer<typeof description>> {
  const { source = releases } = options;
  const text = await get(`${source}/${encodeURIComponent(version)}`, options);
  const parsed = description.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${source} answers something else than a release`);
}

async function download(name: string, version: string, assets: Asset[], options: ReleaseOptions): Promise<string> {
  const asset = assets.find((each) => each.name === name);
  if (asset === undefined) throw new Error(`the release ${version} has no ${name}`);
  if (!asset.digest?.startsWith("sha256:")) throw new Error(`the release ${version} states no checksum of ${name}`);
  const text = await get(asset.browser_download_url, options);
  if (`sha256:${sha256(text)}` === asset.digest) return text;
  throw new Error(`${name} has the checksum sha256:${sha256(text)}, and the release states ${asset.digest}`);
}

/** One file, as text. A token in `GITHUB_TOKEN` is used, as CI has it: without one few requests an hour are answered. */
async function get(url: string, { clock, signal }: ReleaseOptions): Promise<string> {
  const token = process.env["GITHUB_TOKEN"];
  const headers = { "User-Agent": "rebound", ...(token && { Authorization: `Bearer ${token}` }) };
  const work = async (abort: AbortSignal): Promise<string> => {
    const response = await fetch(url, { headers, signal: abort });
    if (!response.ok) throw new Error(`${url} answers ${response.status} ${response.statusText}`);
    return response.text();
  };
  return withDeadline(clock, downloadLimitMs, work, url, signal);
}

const checksums = "SHA256SUMS";

/** What the cache holds, where it is whole; what a crash or a full disk cut short is fetched anew. */
async function readCached(folder: string): Promise<KubeVirtManifests | null> {
  try {
    const read = (file: string): Promise<string> => readFile(join(folder, file), "utf8");
    const [operator, kubevirt, sums] = await Promise.all(
      [manifestFiles.operator, manifestFiles.kubevirt, checksums].map(read),
    );
    const manifests = { operator: operator!, kubevirt: kubevirt! };
    return sums === checksumsOf(manifests) ? manifests : null;
  } catch {
    return null;
  }
}

async function cache(folder: string, manifests: KubeVirtManifests): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = {
    [manifestFiles.operator]: manifests.operator,
    [manifestFiles.kubevirt]: manifests.kubevirt,
    [checksums]: checksumsOf(manifests),
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await writeFile(`${file}.${process.pid}`, text);
    await rename(`${file}.${process.pid}`, file);
  }
}

/** In the form of `sha256sum`, so that a person can check it too. */
function checksumsOf({ operator, kubevirt }: KubeVirtManifests): string {
  return `${sha256(operator)}  ${manifestFiles.operator}\n${sha256(kubevirt)}  ${manifestFiles.kubevirt}\n`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** `fetch` says "fetch failed" and keeps the reason to itself. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  return cause === undefined ? messageOf(error) : `${messageOf(error)} (${messageOf(cause)})`;
}
