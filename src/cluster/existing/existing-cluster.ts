import { realClock } from "../../clock/real-clock.ts";
import type { Actuators, Capability, Cluster } from "../cluster.ts";
import { describeCluster } from "../live-settings.ts";
import type { ExistingChoice } from "../open-cluster.ts";
import { connect, loadKubeConfig } from "../real-cluster.ts";
import { whyRefused } from "./guards.ts";
import { limitedHands } from "./limited-hands.ts";
import { nodePowerBy } from "./power-commands.ts";
import { lookAround } from "./surroundings.ts";

/**
 * A cluster that a kubeconfig's context names, with the hands that its configuration gives. What is on it stays as it
 * is when it is closed.
 *
 * @throws EnvironmentError where it does not answer, or has no KubeVirt
 */
export async function existingCluster(choice: ExistingChoice): Promise<Cluster> {
  const { config } = choice;
  const clock = realClock();
  const connection = await connect(await loadKubeConfig(choice), clock);
  const { kube, skew } = connection;
  try {
    const description = await describeCluster(kube, "existing", skew);
    const power = config.nodePower === null ? {} : nodePowerBy(config.nodePower, kube, clock);
    return {
      description,
      clock,
      kube,
      actuators: handsOf(power),
      refuses: async (reach) => whyRefused(reach, await lookAround(kube, reach), config),
      startProber: () => Promise.resolve(null),
      [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
    };
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

function handsOf(present: Partial<Actuators>): Actuators {
  return limitedHands(present, whyNot);
}

function whyNot(capability: Capability): string {
  if (capability === "node-power") return "it says not how to switch nodes (nodePower in --cluster-config)";
  return `no hands reach its nodes for ${capability} (nodeShell in --cluster-config)`;
}
