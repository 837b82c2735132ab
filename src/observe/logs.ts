import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { withDeadline } from "../clock/deadline.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { messageOf } from "../errors.ts";
import type { Pod } from "../kube/objects.ts";
import { pathOf, pods } from "../kube/resources.ts";
import { redactText } from "./redact.ts";

/** Between two attempts on a log that could not be read, and between two looks into a unit's, in milliseconds. */
const againMs = 5_000;
const unitMs = 15_000;
/** A unit's log begins so long before it is first looked into, in milliseconds. */
const earlierMs = 60_000;
/** The last look into the units' logs takes no longer, in milliseconds. */
const lastLookMs = 20_000;

export interface LogsOptions {
  /** Where the files go, one for each container and unit; made with the first line. */
  folder: string;
  /** Of the VMs: their launchers are followed. */
  namespace: string;
  kubeVirtNamespace: string;
}

/** Logs that are written down while they exist; disposing of it ends that. */
export interface Logs extends AsyncDisposable {
  /** Follows virt-handler and the kubelet of these nodes as well. */
  followNodes(nodes: string[]): Promise<void>;
}

/**
 * Writes down what the launchers of a namespace say, each from its first line to its last, and what the nodes' own
 * components do. What cannot be read costs no run: the file says why.
 */
export async function startLogs(cluster: Cluster, options: LogsOptions): Promise<Logs> {
  const ending = new AbortController();
  const files = new LogFiles(options.folder);
  const followed = new Map<string, Promise<void>>();
  const once = (name: string, follow: () => Promise<void>): void => {
    if (!followed.has(name)) followed.set(name, follow());
  };
  const isTracked = { signal: ending.signal };
  const followPods = (namespace: string, labelSelector: string, container: string, wanted: (pod: Pod) => boolean) =>
    cluster.kube.watch(
      pods,
      {
        seen: (verb, object) => {
          const pod = object as Pod;
          if (verb === "DELETED" || !wanted(pod) || !hasStarted(pod, container)) return;
          const name = `${pod.metadata.name}-${container}`;
          once(name, () => followContainer(cluster, pod, container, (line) => files.append(name, line), ending.signal));
        },
        lost: () => {},
      },
      { namespace, labelSelector, ...isTracked },
    );
  const watches = [await followPods(options.namespace, "kubevirt.io=virt-launcher", "compute", () => true)];
  return {
    async followNodes(nodes) {
      const isThere = ({ spec }: Pod): boolean => nodes.includes(spec.nodeName ?? "");
      const { kubeVirtNamespace } = options;
      watches.push(await followPods(kubeVirtNamespace, "kubevirt.io=virt-handler", "virt-handler", isThere));
      for (const node of nodes) {
        const name = `${node}-kubelet`;
        once(name, () => followUnit(cluster, node, "kubelet", (text) => files.append(name, text), ending.signal));
      }
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await Promise.all([...watches.map((watch) => watch[Symbol.asyncDispose]()), ...followed.values()]);
    },
  };
}

function hasStarted({ status }: Pod, container: string): boolean {
  const state = status.containerStatuses?.find(({ name }) => name === container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** From the container's beginning to its end; where its node is away in between, from where it was last read. */
async function followContainer(
  { kube, clock }: Cluster,
  { metadata }: Pod,
  container: string,
  append: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let since = "";
  const onLine = (line: string): void => {
    const stamp = line.slice(0, line.indexOf(" "));
    // What it is asked for since then begins with the line that was read last.
    if (stamp <= since) return;
    since = stamp;
    append(line);
  };
  for (let why = ""; !signal.aborted;) {
    const query = `container=${container}&follow=true&timestamps=true${since && `&sinceTime=${encodeURIComponent(since)}`}`;
    try {
      await kube.follow(`${pathOf(pods, metadata.namespace, metadata.name)}/log?${query}`, onLine, signal);
      return;
    } catch (error) {
      if (signal.aborted) return;
      if ((await kube.get<Pod>(pods, metadata.name, metadata.namespace).catch(() => undefined)) === null) return;
      if (messageOf(error) !== why) append(`(rebound cannot read on: ${(why = messageOf(error))})`);
      await clock.sleep(againMs, signal).catch(() => {});
    }
  }
}

async function followUnit(
  { unitLog, clock }: Cluster,
  node: string,
  unit: string,
  append: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  if (unitLog === undefined) return;
  let since = new Date(clock.wall().getTime() - earlierMs);
  const look = async (): Promise<void> => {
    const now = clock.wall();
    const text = await unitLog(node, unit, since);
    since = now;
    if (text !== "") append(text.trimEnd());
  };
  while (!signal.aborted) {
    // A node that is away is asked again; its own journal keeps what is missed.
    await look().catch(() => {});
    await clock.sleep(unitMs, signal).catch(() => {});
  }
  await withDeadline(clock, lastLookMs, look, `the log of ${unit} on ${node}`).catch(() => {});
}

/** Files to which lines are added; nothing is made where nothing is said. */
class LogFiles {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  append(name: string, text: string): void {
    mkdirSync(this.#folder, { recursive: true });
    const lines = text.split("\n").map((line) => `${redactText(line)}\n`);
    appendFileSync(join(this.#folder, `${name}.log`), lines.join(""));
  }
}
