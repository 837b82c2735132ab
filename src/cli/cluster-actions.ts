import { readFile } from "node:fs/promises";
import { findPackageJSON } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { realClock } from "../clock/real-clock.ts";
import { clusterStatus, isWhole, type ClusterStatus } from "../cluster/kind/cluster-status.ts";
import { clusterDown, clusterUp } from "../cluster/kind/cluster-up.ts";
import { findContainerRuntime } from "../cluster/kind/container-runtime.ts";
import { examine, type Finding } from "../cluster/kind/doctor.ts";
import { machineFacts } from "../cluster/kind/machine-facts.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { defaultGuestImage } from "../workload/guest.ts";
import { columns } from "./columns.ts";
import { onInterrupt } from "./interrupt.ts";
import { checkOptions, word } from "./options.ts";
import { hasColours, say } from "./terminal.ts";

/** An image of a manifest, by its whole name or the last part of it, and what stands in its place. */
const imageOverride = word.transform((text, context): [name: string, from: string] => {
  const [name, from, ...more] = text.split("=");
  if (name && from && more.length === 0) return [name, from];
  context.addIssue(`must be a name and an image, as in virt-launcher=registry.local/virt-launcher:dev, not "${text}"`);
  return z.NEVER;
});

const options = z.object({
  action: z.enum(["up", "down", "status", "doctor"]),
  // kind's own rule for names.
  name: word.regex(/^[a-z0-9.-]+$/, "must be of lower-case letters, digits, dots and hyphens"),
  config: word.optional(),
  nodeImage: word.optional(),
  kubevirt: word.regex(/^(v\d+\.\d+\.\d+\S*|none)$/, "must be a release, as in v1.9.0, or none"),
  kubevirtManifests: word.optional(),
  image: z.array(imageOverride).default([]),
  json: z.boolean(),
});

type Options = z.infer<typeof options>;

// Beside package.json, from the sources and from what is built of them alike.
const ownConfig = (): string => join(dirname(findPackageJSON("..", import.meta.url)!), "kind-config.yaml");

/** Does what `rebound cluster` was told to; returns the exit code. */
export async function cluster(argv: unknown): Promise<number> {
  const checked = checkOptions(options, argv);
  return { up, down, status, doctor }[checked.action](checked);
}

async function up({ name, config = ownConfig(), nodeImage, ...options }: Options): Promise<number> {
  const text = await readFile(config, "utf8").catch((error: Error) => {
    throw new UsageError(`--config ${config} cannot be read: ${error.message}`);
  });
  const clock = realClock();
  using interrupt = onInterrupt(say);
  const { signal } = interrupt;
  const kubevirt = kubevirtOf(options);
  const imageOverrides = new Map(options.image);
  const guestImages = [defaultGuestImage];
  const file = { text, file: config };
  const stage = { clock, signal, onStage: say };
  try {
    await clusterUp({ name, config: file, nodeImage, kubevirt, guestImages, imageOverrides, ...stage });
  } catch (error) {
    if (!signal.aborted) throw error;
    return exitCodes.interrupted;
  }
  say(
    `the cluster ${name} is up; its context is kind-${name}${kubevirt === null ? "; KubeVirt was not asked for" : ""}`,
  );
  return exitCodes.green;
}

function kubevirtOf({ kubevirt, kubevirtManifests }: Pick<Options, "kubevirt" | "kubevirtManifests">) {
  if (kubevirtManifests !== undefined) return { folder: kubevirtManifests };
  return kubevirt === "none" ? null : { release: kubevirt };
}

async function down({ name }: Options): Promise<number> {
  const clock = realClock();
  const was = await clusterDown({ name, clock, runtime: await findContainerRuntime(clock) });
  say(was ? `the cluster ${name} is gone` : `there was no cluster ${name}`);
  return exitCodes.green;
}

async function status({ name, json }: Options): Promise<number> {
  const clock = realClock();
  const found = await clusterStatus(await findContainerRuntime(clock), name, clock);
  if (json) process.stdout.write(JSON.stringify(found, null, 2) + "\n");
  else if (found.nodes.length === 0) say(`there is no cluster ${name}; \`rebound cluster up\` creates it`);
  else process.stdout.write(statusText(found) + "\n");
  return found.nodes.length > 0 && isWhole(found) ? exitCodes.green : exitCodes.environment;
}

function statusText({ nodes, silent, kubevirt }: ClusterStatus): string {
  const rows = nodes.map(({ name, role, state, ready, addresses }) => {
    return [name, role, state, ready === null ? "?" : ready ? "yes" : "no", addresses.join(" ")];
  });
  const table = columns(["node", "role", "state", "ready", "addresses"], rows, hasColours(process.stdout));
  const platform =
    kubevirt === null
      ? "there is no KubeVirt on it"
      : `KubeVirt ${kubevirt.version} is ${kubevirt.available ? "available" : `not available (${kubevirt.phase})`}`;
  return `${table}\n${silent ?? platform}`;
}

async function doctor({ json }: Options): Promise<number> {
  const findings = examine(await machineFacts(realClock()));
  const rows = findings.map(({ name, health, found, cure }) => [name, mark(health), found, cure ?? ""]);
  const text = json
    ? JSON.stringify(findings, null, 2)
    : columns(["needs", "", "found", "to mend it"], rows, hasColours(process.stdout));
  process.stdout.write(text + "\n");
  return findings.some(({ health }) => health === "bad") ? exitCodes.environment : exitCodes.green;
}

function mark(health: Finding["health"]): string {
  return { good: "ok", poor: "poor", bad: "bad" }[health];
}
