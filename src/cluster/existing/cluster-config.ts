import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";
import { messageOf, UsageError } from "../../errors.ts";
import { parseLabelSelector } from "../../kube/selector.ts";
import { checkPattern } from "./power-commands.ts";
import { checkTemplate } from "./power-template.ts";

/** What may be done to an existing cluster, and with which hands. */
export type ClusterConfig = z.infer<typeof clusterConfig>;

const command = z.array(z.string()).min(1);

const selector = z.string().refine((text) => isSelector(text), {
  error: ({ input }) => `must be a label selector, as in role=storage, not "${String(input)}"`,
});

const clusterConfig = z.strictObject({
  /** Nodes that are never broken, by name or by label. */
  protected: z
    .strictObject({ nodes: z.array(z.string()).default([]), selectors: z.array(selector).default([]) })
    .default({ nodes: [], selectors: [] }),
  /** The most that one experiment may hit. */
  most: z
    .strictObject({ victims: z.int().min(1).default(10), nodes: z.int().min(1).default(1) })
    .default({ victims: 10, nodes: 1 }),
  /** How nodes are switched; without it their power is not touched. */
  nodePower: z
    .strictObject({ off: command, on: command, status: command, isOn: z.string().min(1) })
    .nullable()
    .default(null),
  /** Privileged pods on the victims' nodes: the hands on guests, memory, ports, services and the network. */
  nodeShell: z
    .strictObject({
      image: z.string().min(1),
      /** Nodes may be switched off by their own kernel: the clock of each of their machines can wake it. */
      wakeAlarm: z.boolean().default(false),
    })
    .nullable()
    .default(null),
  /** The pod that asks guests whether they answer, off the victims' nodes; its image needs Node. Null: none is made. */
  prober: z
    .strictObject({ image: z.string().min(1).optional() })
    .nullable()
    .default({}),
});

/** What holds where no file says otherwise: no hands on nodes. */
export const defaultClusterConfig: ClusterConfig = clusterConfig.parse({});

/** Reads such a file. @throws UsageError that says what is wrong with it, and where */
export function readClusterConfig(file: string): ClusterConfig {
  let content: unknown;
  try {
    content = parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const parsed = clusterConfig.safeParse(content ?? {});
  if (!parsed.success) {
    const complaints = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
    throw new UsageError(`${file} does not describe a cluster: ${complaints.join("; ")}`);
  }
  const { nodePower, nodeShell } = parsed.data;
  if (nodePower !== null && nodeShell?.wakeAlarm === true) {
    throw new UsageError(`${file}: nodePower and nodeShell.wakeAlarm both switch nodes; keep one of them`);
  }
  if (nodePower !== null) {
    for (const name of ["off", "on", "status"] as const) checkTemplate(nodePower[name], `${file}: nodePower.${name}`);
    checkPattern(nodePower.isOn, `${file}: nodePower.isOn`);
  }
  return parsed.data;
}

function isSelector(text: string): boolean {
  try {
    return parseLabelSelector(text).length > 0;
  } catch {
    return false;
  }
}
