import { realClock } from "../../clock/real-clock.ts";
import { EnvironmentError } from "../../errors.ts";
import type { ClusterDescription } from "../../experiment/plan.ts";
import type { Actuators, Capability, Cluster } from "../cluster.ts";
import { marksOn } from "../hands/marks.ts";
import { unitLogBy } from "../hands/unit-log.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes as nodeResource } from "../../kube/resources.ts";
import type { KubeClient } from "../kube-client.ts";
import { misplaced } from "./node-addresses.ts";
import { missingPrograms, shellHands } from "../hands/shell-hands.ts";
import type { HandTools } from "../hands/act.ts";
import type { NodeShell } from "../node-shell.ts";
import { describeCluster } from "../live-settings.ts";
import { connect, loadKubeConfig } from "../real-cluster.ts";
import { findContainerRuntime } from "./container-runtime.ts";
import { kindCli } from "./kind-cli.ts";
import { kindNodeShell } from "./kind-node-shell.ts";
import { NodeContainers, type NodeContainer } from "./node-container.ts";
import { provideEach, wantedImages } from "./node-images.ts";
import { startContainerProber } from "./prober-container.ts";
import { mustNotBeTheOnlyControlPlane, nodePower } from "./node-power.ts";

export interface KindOptions {
  /** As kind calls it. */
  name: string;
  /** An image with Node and `ip` for the prober, in place of a public one. */
  proberImage?: string | undefined;
}

/**
 * A kind cluster with KubeVirt on it, as it stands.
 *
 * @throws EnvironmentError where there is none of that name, or it does not answer
 */
export async function kindCluster({ name, proberImage }: KindOptions): Promise<Cluster> {
  const clock = realClock();
  const runtime = await findContainerRuntime(clock);
  const nodes = new NodeContainers(runtime, name);
  const known = await nodes.list();
  const worker = known.find(({ role, state }) => role === "worker" && state === "running");
  if (worker === undefined) {
    const lack = known.length === 0 ? "there is no kind cluster" : "no worker runs of the kind cluster";
    throw new EnvironmentError(`${lack} ${name}; \`rebound cluster up --name ${name}\` makes or completes it`);
  }
  const kubeconfig = await kindCli(clock).kubeconfig(name);
  const connection = await connect(await loadKubeConfig({ kubeconfig }), clock);
  try {
    const { kube, skew } = connection;
    const shell = kindNodeShell(nodes);
    const [description, missing] = await Promise.all([
      describeCluster(kube, "kind", skew),
      missingPrograms(shell, worker.name),
    ]);
    return {
      description,
      clock,
      kube,
      actuators: kindActuators(nodes, known, { shell, kube, clock }, (capability) => {
        return missing(capability) ?? (capability === "node-memory" ? whyNoPressure(description) : null);
      }),
      unitLog: unitLogBy(shell),
      leftovers: () => leftoversOf(nodes, shell, kube),
      provideImages: async (images, signal) => {
        const running = (await nodes.list(signal)).filter(({ state }) => state === "running");
        const names = running.map((node) => node.name);
        const places = { cluster: name, nodes: names, shell, signal, onStage: () => {} };
        return provideEach(wantedImages([...images], new Map()), { runtime, clock, kind: kindCli(clock), ...places });
      },
      startProber: (namespace, onSample, onLost, awayFrom) =>
        startContainerProber({ nodes, kube, namespace, onSample, onLost, awayFrom, image: proberImage }),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

async function leftoversOf(nodes: NodeContainers, shell: NodeShell, kube: KubeClient): Promise<string[]> {
  const known = await kube.list<Node>(nodeResource);
  const each = (await nodes.list()).map(async ({ name, state, addresses }) => {
    if (state !== "running") return [`node ${name} is ${state}`];
    return [...(await marksOn(shell, name)), ...misplaced(name, addresses, known)];
  });
  return (await Promise.all(each)).flat();
}

/** The hands on a kind cluster: nodes are switched through the container engine, all else goes through their shells. */
export function kindActuators(
  nodes: NodeContainers,
  known: readonly NodeContainer[],
  tools: HandTools,
  unsupported: (capability: Capability) => string | null,
): Actuators {
  const hands = shellHands(tools);
  return {
    ...hands,
    ...nodePower(nodes, known),
    unsupported,
    disconnect: async (node) => {
      await mustNotBeTheOnlyControlPlane(nodes, await nodes.find(node));
      return hands.disconnect(node);
    },
    connect: async (node) => {
      const { state } = await nodes.find(node);
      if (state === "running") return hands.connect(node);
      const nowMs = tools.clock.now();
      // The filter lives in the container's network namespace and ends with it.
      return { fromMs: nowMs, toMs: nowMs, evidence: `node ${node} is ${state}: its filter is gone with it` };
    },
  };
}

function whyNoPressure({ settings }: ClusterDescription): string | null {
  const threshold = settings["evictionHardMemory"];
  return threshold === "none" || threshold === "100Mi"
    ? "its kubelets evict nothing before the machine itself has no memory left; `rebound cluster up` sets a threshold"
    : null;
}
