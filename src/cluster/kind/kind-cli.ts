import type { Clock } from "../../clock/clock.ts";
import { EnvironmentError } from "../../errors.ts";
import { CommandError, runCommand } from "./command.ts";
import { explainKind } from "./kind-failures.ts";

export interface CreateOptions {
  name: string;
  /** The text of a kind configuration. */
  config: string;
  nodeImage?: string | undefined;
  onBegin?: (pid: number) => void;
  /** Hears what kind is at. */
  onLine?: (line: string) => void;
  signal?: AbortSignal;
}

export interface LoadOptions {
  /** The cluster's name. */
  name: string;
  /** As the container engine knows it. */
  image: string;
  /** Names of nodes. */
  nodes: string[];
  signal?: AbortSignal | undefined;
}

/** The `kind` binary. Every failure names its cause and its cure. */
export interface KindCli {
  version(): Promise<string>;
  clusters(signal?: AbortSignal): Promise<string[]>;
  /** The kubeconfig of a cluster, as a user of this machine needs it. */
  kubeconfig(name: string, signal?: AbortSignal): Promise<string>;
  /** Creates the cluster; its context is added to the user's kubeconfig. */
  create(options: CreateOptions): Promise<void>;
  /** Copies an image of the engine's into nodes, all at once. */
  load(options: LoadOptions): Promise<void>;
  /** Nothing happens where there is no such cluster. */
  delete(name: string): Promise<void>;
}

const askLimitMs = 60_000;
/** With its image to pull and four nodes to boot on a small machine; half a minute where the image is there. */
const createLimitMs = 20 * 60_000;
/** The largest image, into four nodes of a slow disk. */
const loadLimitMs = 10 * 60_000;
const deleteLimitMs = 3 * 60_000;

export function kindCli(clock: Clock): KindCli {
  const kind = async (args: string[], options: Partial<Parameters<typeof runCommand>[2]> = {}): Promise<string> => {
    try {
      return await runCommand("kind", args, { clock, limitMs: askLimitMs, ...options });
    } catch (error) {
      if (error instanceof CommandError) throw new EnvironmentError(explainKind(error), { cause: error });
      throw error;
    }
  };
  return {
    version: async () => (await kind(["version", "-q"])).trim(),
    clusters: async (signal) => (await kind(["get", "clusters", "-q"], { signal })).split("\n").filter(Boolean),
    kubeconfig: (name, signal) => kind(["get", "kubeconfig", "--name", name], { signal }),
    create: async ({ name, config, nodeImage, onBegin, onLine, signal }) => {
      const image = nodeImage === undefined ? [] : ["--image", nodeImage];
      const args = ["create", "cluster", "--name", name, "--config", "-", ...image];
      await kind(args, { limitMs: createLimitMs, input: config, onBegin, onLine, signal });
    },
    load: async ({ name, image, nodes, signal }) => {
      const args = ["load", "docker-image", image, "--name", name, "--nodes", nodes.join(",")];
      await kind(args, { limitMs: loadLimitMs, signal });
    },
    delete: async (name) => void (await kind(["delete", "cluster", "--name", name], { limitMs: deleteLimitMs })),
  };
}
