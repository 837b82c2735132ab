import { realClock } from "../../clock/real-clock.ts";
import type { Node } from "../../kube/objects.ts";
import { nodes } from "../../kube/resources.ts";
import type { Capability, Cluster } from "../cluster.ts";
import { unitLogBy } from "../hands/unit-log.ts";
import { describeCluster } from "../live-settings.ts";
import type { ExistingChoice } from "../open-cluster.ts";
import { connect, loadKubeConfig } from "../real-cluster.ts";
import { whyRefused } from "./guards.ts";
import { limitedHands } from "./limited-hands.ts";
import { podHands } from "./pod-hands.ts";
import { PodNodeShell } from "./pod-node-shell.ts";
import { nodePowerBy } from "./power-commands.ts";
import { startPodProber } from "./prober-pod.ts";
import { lookAround } from "./surroundings.ts";

/**
 * A cluster that a kubeconfig's context names, with the hands that its configuration gives. What is on it stays as it
 * is when it is closed.
 *
 * @param holdMs how long a fault will be held at most
 * @throws EnvironmentError where it does not answer, or has no KubeVirt
 */
export async function existingCluster(choice: ExistingChoice, holdMs: number): Promise<Cluster> {
  const { nodePower, nodeShell, prober } = choice.config;
  const clock = realClock();
  const config = await loadKubeConfig(choice);
  const connection = await connect(config, clock);
  try {
    const { kube, skew } = connection;
    const description = await describeCluster(kube, "existing", skew);
    const shell = nodeShell === null ? null : new PodNodeShell({ config, kube, clock, image: nodeShell.image });
    const hands = {
      ...(shell !== null && podHands({ shell, kube, clock }, holdMs, nodeShell?.wakeAlarm === true)),
      ...(nodePower !== null && nodePowerBy(nodePower, kube, clock)),
    };
    if (await sharesMemory(kube)) delete hands.fillMemory;
    return {
      description,
      clock,
      kube,
      actuators: limitedHands(hands, whyNot),
      ...(shell !== null && { unitLog: unitLogBy(shell) }),
      refuses: async (reach) => whyRefused(reach, await lookAround(kube, reach), choice.config),
      startProber: async (namespace, onSample, onLost, awayFrom) =>
        prober === null
          ? null
          : startPodProber({ config, kube, clock, namespace, onSample, onLost, awayFrom, image: prober.image }),
      [Symbol.asyncDispose]: async () => {
        await shell?.[Symbol.asyncDispose]();
        await connection[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

/** Whether its nodes are containers of one machine: then the memory of one is the memory of all. */
async function sharesMemory(kube: Cluster["kube"]): Promise<boolean> {
  const all = await kube.list<Node>(nodes);
  return all.some(({ spec }) => spec.providerID?.startsWith("kind://"));
}

/** Why the hands that are lacking are lacking. */
function whyNot(capability: Capability): string {
  switch (capability) {
    case "node-power":
      return "nothing says how its nodes are switched (nodePower, or nodeShell.wakeAlarm, in --cluster-config)";
    case "node-shutdown":
    case "node-freeze":
      return "nothing would bring a node of an existing cluster back from that";
    case "component":
    case "api-server":
    case "api-delay":
      return "it would reach every VM of an existing cluster, whoever's they are";
    case "node-memory":
      return "privileged pods must be allowed (nodeShell in --cluster-config), and its nodes have memory of their own";
    default:
      return "privileged pods must be allowed for it (nodeShell in --cluster-config)";
  }
}
