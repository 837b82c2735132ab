import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { defaultClusterConfig, readClusterConfig, type ClusterConfig } from "../cluster/existing/cluster-config.ts";
import type { ClusterChoice } from "../cluster/open-cluster.ts";
import { messageOf, UsageError } from "../errors.ts";
import type { ClusterWords } from "../safety/file-journal.ts";
import { mostNodes, wholeNumber, word } from "./options.ts";

/** What of the command line `chooseCluster` reads; a part of a command's own schema. */
export const clusterShape = {
  cluster: z.enum(["simulated", "kind", "existing"], {
    error: ({ input }) => `must be simulated, kind or existing, not "${String(input)}"`,
  }),
  nodes: wholeNumber(1, mostNodes),
  // kind's own rule for names.
  name: word.regex(/^[a-z0-9.-]+$/, "must be of lower-case letters, digits, dots and hyphens"),
  context: word.optional(),
  kubeconfig: word.optional(),
  clusterConfig: word.optional(),
  image: z
    .array(
      word.transform((text, context): [name: "guest" | "prober", reference: string] => {
        const [, name, reference] = /^(guest|prober)=(.+)$/.exec(text) ?? [];
        if (name !== undefined) return [name as "guest" | "prober", reference!];
        context.addIssue(`must be guest or prober and an image, as in guest=registry.local/guest:1, not "${text}"`);
        return z.NEVER;
      }),
    )
    .default([]),
  yes: word.optional(),
};

type WhichCluster = Pick<ClusterOptions, "cluster" | "name" | "context" | "kubeconfig" | "clusterConfig">;
export type ClusterOptions = z.infer<z.ZodObject<typeof clusterShape>>;

/** Which cluster the options mean. @throws UsageError where they contradict each other, or a file cannot be read */
export async function chooseCluster(options: ClusterOptions): Promise<ClusterChoice> {
  const { cluster, context, kubeconfig, clusterConfig } = options;
  if (cluster !== "existing") {
    const alien = (["context", "kubeconfig", "cluster-config", "yes"] as const).find((name) => given(options, name));
    if (alien !== undefined) throw new UsageError(`--${alien} is for --cluster existing`);
    return cluster === "kind"
      ? { provider: "kind", name: options.name, proberImage: imageOf(options, "prober") }
      : { provider: "simulated", nodes: options.nodes };
  }
  if (context === undefined) {
    throw new UsageError("--cluster existing needs --context: the cluster to be broken must be named");
  }
  return {
    provider: "existing",
    context,
    ...(kubeconfig !== undefined && { kubeconfig: await readText(kubeconfig) }),
    config: withProber(
      clusterConfig === undefined ? defaultClusterConfig : readClusterConfig(clusterConfig),
      imageOf(options, "prober"),
    ),
  };
}

/** The image that the options put in the place of a default one, if any. */
export function imageOf({ image }: Pick<ClusterOptions, "image">, name: "guest" | "prober"): string | undefined {
  return image.findLast(([of]) => of === name)?.[1];
}

function withProber(config: ClusterConfig, image: string | undefined): ClusterConfig {
  return image === undefined || config.prober === null ? config : { ...config, prober: { ...config.prober, image } };
}

/** The options as they are typed to mean the same cluster again, without the confirmation. */
export function clusterWords(options: ClusterOptions): string[] {
  const { cluster, nodes, name, context, kubeconfig, clusterConfig } = options;
  const images = options.image.flatMap(([of, reference]) => ["--image", `${of}=${reference}`]);
  const words = (option: string, value: string | undefined): string[] => (value === undefined ? [] : [option, value]);
  if (cluster === "simulated")
    return [...words("--nodes", nodes === defaultNodes ? undefined : String(nodes)), ...images];
  return [
    "--cluster",
    cluster,
    ...words("--name", cluster === "kind" ? name : undefined),
    ...words("--context", context),
    ...words("--kubeconfig", kubeconfig),
    ...words("--cluster-config", clusterConfig),
    ...images,
  ];
}

/** What an undo journal needs to find the same cluster again; null of a simulated one, which nobody finds again. */
export function writtenCluster({
  cluster,
  name,
  context,
  kubeconfig,
  clusterConfig,
}: WhichCluster): ClusterWords | null {
  if (cluster === "simulated") return null;
  if (cluster === "kind") return { provider: "kind", name };
  return {
    provider: "existing",
    ...(context !== undefined && { context }),
    ...(kubeconfig !== undefined && { kubeconfig: resolve(kubeconfig) }),
    ...(clusterConfig !== undefined && { clusterConfig: resolve(clusterConfig) }),
  };
}

/** The cluster that was written down so, opened as it would be by its options. */
export function chooseWritten({ provider, name = "", ...rest }: ClusterWords): Promise<ClusterChoice> {
  return chooseCluster({ cluster: provider, nodes: 0, image: [], name, ...rest });
}

const defaultNodes = 3;

/** How a person is asked: null where none is there. */
export type Ask = ((question: string) => Promise<string>) | null;

/**
 * Nothing of an existing cluster is touched before its context was named a second time, on the command line or at
 * the terminal.
 *
 * @throws UsageError where it was not
 */
export async function confirmCluster(choice: ClusterChoice, yes: string | undefined, ask: Ask): Promise<void> {
  if (choice.provider !== "existing") return;
  const { context } = choice;
  if (yes === undefined && ask === null) {
    throw new UsageError(`this breaks VMs of the cluster ${context}; confirm it with --yes=${context}`);
  }
  const confirmed = yes ?? (await ask!(`This breaks VMs of the cluster ${context}. Type its context to go on: `));
  if (confirmed !== context) throw new UsageError(`"${confirmed}" is not the context ${context}: nothing was touched`);
}

function given(options: ClusterOptions, name: "context" | "kubeconfig" | "cluster-config" | "yes"): boolean {
  return options[name === "cluster-config" ? "clusterConfig" : name] !== undefined;
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    throw new UsageError(`--kubeconfig ${file} cannot be read: ${messageOf(error)}`);
  });
}
