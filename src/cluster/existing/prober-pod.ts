import type { KubeConfig } from "@kubernetes/client-node";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { notYet, waitUntil } from "../../clock/wait-until.ts";
import { EnvironmentError, messageOf } from "../../errors.ts";
import type { Manifest, Pod } from "../../kube/objects.ts";
import { pods } from "../../kube/resources.ts";
import { home } from "../../safety/cluster-lease.ts";
import type { Prober } from "../cluster.ts";
import type { LaunchProber, ProberProcess } from "../prober/prober-process.ts";
import { defaultProberImage, readProberProgram, type ProberProgram } from "../prober/prober-program.ts";
import type { KubeClient } from "../kube-client.ts";
import { startRemoteProber, type RemoteProberOptions } from "../prober/remote-prober.ts";
import { helperLabel } from "./surroundings.ts";

/** With its image to pull, in milliseconds. */
const startMs = 120_000;

/** It ends by itself after so long, whatever becomes of Rebound, in seconds; it is started anew where it is needed on. */
const lifeSeconds = 4 * 3600;

const container = "prober";

export interface PodProberOptions extends Omit<RemoteProberOptions, "launch" | "needsRoutes"> {
  config: KubeConfig;
  /** An image with Node; by default a public one. */
  image?: string | undefined;
}

/**
 * Starts a prober in a pod of its own: on a control plane's node where it may be, else away from the nodes of `awayFrom`
 * and from the namespace's guests. It ends when it is not spoken to any more.
 *
 * @throws EnvironmentError where the pod does not run
 */
export function startPodProber({ config, image, awayFrom = [], ...options }: PodProberOptions): Promise<Prober> {
  const { kube, clock, namespace } = options;
  const launch: LaunchProber = async (signal) => {
    await sweep(kube);
    const program = await readProberProgram();
    const { metadata } = await kube.create<Pod>(podFor(program, image ?? defaultProberImage, namespace, awayFrom));
    const remove = () => kube.delete(pods, metadata.name, home, { gracePeriodSeconds: 0 });
    try {
      await waitUntil(clock, {
        what: `the prober's pod ${home}/${metadata.name} to run`,
        limitMs: startMs,
        signal,
        look: async () => {
          const pod = await kube.get<Pod>(pods, metadata.name, home);
          return pod?.status.phase === "Running" || notYet(waitsFor(pod));
        },
      });
      return await attachTo(config, metadata.name, remove);
    } catch (error) {
      await remove();
      signal.throwIfAborted();
      throw new EnvironmentError(
        `the prober does not start: ${messageOf(error)}; --cluster-config may name another image with Node (prober.image), or do without (prober: null)`,
        { cause: error },
      );
    }
  };
  return startRemoteProber({ ...options, awayFrom, launch, needsRoutes: false });
}

/** Removes the pods of probers that have ended: a harness that was killed leaves one. */
async function sweep(kube: KubeClient): Promise<void> {
  const found = await kube.list<Pod>(pods, { namespace: home, labelSelector: `${helperLabel}=prober` });
  const ended = found.filter(({ status }) => status.phase === "Succeeded" || status.phase === "Failed");
  for (const { metadata } of ended) await kube.delete(pods, metadata.name, home);
}

/** Takes hold of the input and the output of the pod's one program. */
async function attachTo(config: KubeConfig, pod: string, remove: () => Promise<void>): Promise<ProberProcess> {
  const { Attach } = await import("@kubernetes/client-node");
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  let complaint = "";
  stderr.on("data", (part: Buffer) => (complaint = (complaint + part.toString()).slice(-500)));
  const opening = new Attach(config).attach(home, pod, container, stdout, stderr, stdin, false) as Promise<
    Pick<WebSocket, "onclose" | "onerror" | "close">
  >;
  const socket = await opening.catch((error: unknown) => {
    // A web socket's errors are events.
    throw new Error(`attaching to it was refused: ${(error as { message?: string }).message ?? messageOf(error)}`);
  });
  let open = true;
  const close = (): void => {
    open = false;
    stdout.end();
  };
  socket.onclose = close;
  socket.onerror = close;
  async function* lines(): AsyncGenerator<string> {
    yield* createInterface({ input: stdout });
    throw new Error(complaint === "" ? "the connection to the prober's pod broke off" : complaint.trim());
  }
  return {
    lines: lines(),
    tell: (line) => void (open && stdin.write(`${line}\n`)),
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await remove();
    },
  };
}

/** Writes the program where it may, and becomes it. */
const bootstrap = `
const { writeFileSync } = require("node:fs");
const { files, main } = JSON.parse(process.env.PROGRAM);
for (const [name, content] of Object.entries(files)) writeFileSync("/prober/" + name, content);
import("/prober/" + main);
`;

function podFor(program: ProberProgram, image: string, namespace: string, awayFrom: readonly string[]): Manifest {
  const controlPlane = "node-role.kubernetes.io/control-plane";
  const elsewhere = { matchFields: [{ key: "metadata.name", operator: "NotIn", values: awayFrom }] };
  const controlPlanes = { matchExpressions: [{ key: controlPlane, operator: "Exists" }] };
  const guests = {
    labelSelector: { matchLabels: { "kubevirt.io": "virt-launcher" } },
    namespaces: [namespace],
    topologyKey: "kubernetes.io/hostname",
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { generateName: "rebound-prober-", namespace: home, labels: { [helperLabel]: "prober" } },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      activeDeadlineSeconds: lifeSeconds,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ key: controlPlane, operator: "Exists", effect: "NoSchedule" }],
      affinity: {
        nodeAffinity: {
          ...(awayFrom.length > 0 && {
            requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [elsewhere] },
          }),
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: controlPlanes }],
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: guests }],
        },
      },
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: "RuntimeDefault" } },
      volumes: [{ name: "program", emptyDir: {} }],
      containers: [
        {
          name: container,
          image,
          // Its input is closed when the one who attached to it is gone, and with its input it ends.
          stdin: true,
          stdinOnce: true,
          command: ["node", "-e", bootstrap],
          env: [{ name: "PROGRAM", value: JSON.stringify(program) }],
          volumeMounts: [{ name: "program", mountPath: "/prober" }],
          resources: { requests: { cpu: "50m", memory: "64Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  };
}

function waitsFor(pod: Pod | null): string {
  if (pod === null) return "it is gone";
  const { phase, reason, message, containerStatuses = [], conditions = [] } = pod.status;
  const waiting = containerStatuses[0]?.state.waiting;
  const unscheduled = conditions.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const said = [phase, reason, message, waiting?.reason, waiting?.message, unscheduled?.message];
  return said.filter(Boolean).join(": ") || "nothing of it";
}
