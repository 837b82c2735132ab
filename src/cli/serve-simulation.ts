import { readFile, writeFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { simulatedContext } from "../cluster/simulated/kubeconfig.ts";
import { serveSimulatedCluster } from "../cluster/simulated/serve-cluster.ts";
import { EnvironmentError, exitCodes, messageOf, UsageError } from "../errors.ts";
import { checkOptions, mostNodes, wholeNumber, word } from "./options.ts";
import { say } from "./terminal.ts";

const simulateOptions = z.object({
  nodes: wholeNumber(1, mostNodes),
  seed: wholeNumber(0),
  speed: word
    .refine((text) => /^\d+(\.\d+)?$/.test(text) && Number(text) > 0, {
      error: ({ input }) => `must be a number above 0, not "${String(input)}"`,
    })
    .transform(Number),
  host: word,
  port: wholeNumber(0, 65_535),
  hyperConverged: z.boolean(),
  kubeconfig: word,
});

/** Serves a simulated cluster until SIGINT or SIGTERM; returns the exit code. */
export async function simulate(argv: unknown): Promise<number> {
  const { kubeconfig, ...options } = checkOptions(simulateOptions, argv);
  await refuseForeign(kubeconfig);
  const stopped = stopSignal();
  await using cluster = await serveSimulatedCluster(options).catch((error: unknown) => {
    throw new EnvironmentError(`cannot serve on ${options.host}, port ${options.port}: ${messageOf(error)}`);
  });
  // It holds a key.
  await writeFile(kubeconfig, cluster.kubeconfig, { mode: 0o600 });
  say(`kubectl --kubeconfig ${kubeconfig} get nodes`);
  process.stdout.write(`${cluster.url}\n`);
  await Promise.race([stopped, cluster.closed]);
  return exitCodes.green;
}

/** Nobody's way into another cluster is overwritten. */
async function refuseForeign(file: string): Promise<void> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw new UsageError(`--kubeconfig ${file}: ${messageOf(error)}`);
  }
  if (!isOwn(text)) throw new UsageError(`--kubeconfig ${file} is there already, and Rebound did not write it`);
}

function isOwn(text: string): boolean {
  try {
    const { clusters } = parse(text) as { clusters: { name: string }[] };
    return clusters.length === 1 && clusters[0]!.name === simulatedContext;
  } catch {
    return false;
  }
}

/** Resolves with the first SIGINT or SIGTERM; closing takes no time worth a second one. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  });
}
