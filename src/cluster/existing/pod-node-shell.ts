import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../clock/clock.ts";
import { withDeadline } from "../../clock/deadline.ts";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Manifest, Pod } from "../../kube/objects.ts";
import { pods } from "../../kube/resources.ts";
import { home } from "../../safety/cluster-lease.ts";
import { ApiError } from "../api-error.ts";
import type { KubeClient } from "../kube-client.ts";
import type { NodeShell, ScriptOptions, ScriptResult } from "../node-shell.ts";
import { execInPod, type ExecResult } from "../pod-exec.ts";
import { helperLabel } from "./surroundings.ts";

/** With its image to pull, in milliseconds. */
const startMs = 120_000;
/** The pod ends by itself after so long, whatever becomes of Rebound, in seconds. */
const lifeSeconds = 3600;
/** What an exec takes beside the script that it runs, in seconds. */
const execSeconds = 15;

export interface PodShellOptions {
  config: KubeConfig;
  kube: KubeClient;
  clock: Clock;
  /** It needs `sh` and `nsenter`; the script itself finds what the node has. */
  image: string;
}

export interface HeardOptions extends ScriptOptions {
  /** Hears what the script prints as it comes. */
  onOutput?: (text: string) => void;
}

/** A shell whose scripts are heard while they run. */
export interface HeardShell extends NodeShell {
  run(node: string, script: string, args?: string[], options?: HeardOptions): Promise<ScriptResult>;
}

/**
 * A shell on the nodes of any cluster: a privileged pod on each node that is reached, which is made at the first
 * script and removed when this is disposed of, and which ends by itself should that never be.
 */
export class PodNodeShell implements HeardShell, AsyncDisposable {
  readonly sharesClock = false;
  readonly #options: PodShellOptions;
  readonly #pods = new Map<string, Promise<string>>();

  constructor(options: PodShellOptions) {
    this.#options = options;
  }

  async run(
    node: string,
    script: string,
    args: string[] = [],
    { limitSeconds = 20, signal, onOutput }: HeardOptions = {},
  ): Promise<ScriptResult> {
    const { clock, config } = this.#options;
    const pod = await this.#livingPodOn(node);
    const fromMs = clock.now();
    const command = [...inNode, "timeout", "-k", "2", String(limitSeconds), "sh", "-c", script, "sh", ...args];
    const exec = (abort: AbortSignal): Promise<ExecResult> =>
      execInPod(
        config,
        { namespace: home, pod, container, command },
        { signal: abort, ...(onOutput !== undefined && { onOutput }) },
      );
    try {
      const limitMs = (limitSeconds + execSeconds) * 1000;
      const result = await withDeadline(clock, limitMs, exec, `a script on node ${node}`, signal);
      if (result.exitCode === timedOut) throw new Error(`it did not end within ${limitSeconds} s`);
      return { ...result, fromMs, toMs: clock.now() };
    } catch (error) {
      signal?.throwIfAborted();
      throw new EnvironmentError(`node ${node} cannot be reached: ${messageOf(error)}`, { cause: error });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const made = await Promise.allSettled(this.#pods.values());
    const names = made.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    for (const name of names) await this.#options.kube.delete(pods, name, home, { gracePeriodSeconds: 0 });
  }

  /** A node that was off ended the pod that it had. */
  async #livingPodOn(node: string): Promise<string> {
    const { kube } = this.#options;
    const known = this.#pods.has(node);
    const name = await this.#podOn(node);
    if (!known) return name;
    const pod = await kube.get<Pod>(pods, name, home);
    if (pod !== null && pod.status.phase !== "Failed" && pod.status.phase !== "Succeeded") return name;
    this.#pods.delete(node);
    if (pod !== null) await kube.delete(pods, name, home, { gracePeriodSeconds: 0 });
    return this.#podOn(node);
  }

  #podOn(node: string): Promise<string> {
    const known = this.#pods.get(node);
    if (known !== undefined) return known;
    const made = this.#make(node);
    this.#pods.set(node, made);
    // The next script may find the node in a better state.
    made.catch(() => this.#pods.delete(node));
    return made;
  }

  async #make(node: string): Promise<string> {
    const { kube, clock, image } = this.#options;
    await kube.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: home } }).catch(unlessThere);
    const { metadata } = await kube.create<Pod>(podFor(node, image));
    const { name } = metadata;
    try {
      await waitUntil(clock, {
        what: `the pod ${home}/${name} on node ${node} to run`,
        limitMs: startMs,
        look: async () => {
          const pod = await kube.get<Pod>(pods, name, home);
          if (pod?.status.phase === "Running") return true;
          return notYet(waitsFor(pod));
        },
      });
      return name;
    } catch (error) {
      await kube.delete(pods, name, home, { gracePeriodSeconds: 0 });
      throw new EnvironmentError(`there is no shell on node ${node}: ${messageOf(error)}`, { cause: error });
    }
  }
}

const container = "shell";

/** Enters the namespaces of the node's first process. */
const inNode = ["nsenter", "-t", "1", "-m", "-u", "-i", "-n", "-p", "--"];

/** What `timeout` ends with when it had to end the script. */
const timedOut = 124;

function podFor(node: string, image: string): Manifest {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "rebound-shell-", namespace: home, labels: { [helperLabel]: "node-shell" } },
    spec: {
      // No scheduler stands in between: it starts on a node that is cordoned or full, too.
      nodeName: node,
      hostPID: true,
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: lifeSeconds,
      automountServiceAccountToken: false,
      tolerations: [{ operator: "Exists" }],
      containers: [
        { name: container, image, command: ["sleep", String(lifeSeconds)], securityContext: { privileged: true } },
      ],
    },
  };
}

function waitsFor(pod: Pod | null): string {
  if (pod === null) return "it is gone";
  const { phase, reason, message, containerStatuses = [] } = pod.status;
  const waiting = containerStatuses[0]?.state.waiting;
  return [phase, reason, message, waiting?.reason, waiting?.message].filter(Boolean).join(": ") || "nothing of it";
}

function unlessThere(error: unknown): void {
  if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
}
