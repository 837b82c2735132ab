import { createSimulation } from "../../simulator/create-simulation.ts";
import { versions, type Settings } from "../../simulator/settings.ts";
import { createKubeClient } from "../api-client.ts";
import type { Cluster } from "../cluster.ts";
import { simulatedActuators } from "./actuators.ts";
import { inProcessTransport } from "./in-process-transport.ts";
import { startSimulatedProber } from "./simulated-prober.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What to simulate: everything that happens follows from it. */
export interface SimulationOptions {
  seed: number;
  /** How many workers. */
  nodes: number;
  settings?: Partial<Settings>;
}

/** A cluster of its own, in virtual time, with KubeVirt up. */
export async function simulatedCluster({ seed, nodes, settings = {} }: SimulationOptions): Promise<Cluster> {
  const simulation = createSimulation({ seed, workers: nodes, settings });
  const clock = new VirtualClock(simulation.clock);
  const transport = inProcessTransport((request) => simulation.api.handle(request), clock);
  const kube = await createKubeClient(transport, clock);
  return {
    description: {
      provider: "simulated",
      prediction: true,
      ...versions,
      // The control plane is one more.
      nodes: nodes + 1,
      acceleration: "simulated",
      cgroup: simulation.world.settings.cgroup,
      settings: simulation.world.settings,
      operators: [],
    },
    clock,
    kube,
    actuators: simulatedActuators(simulation.hands, clock),
    startProber: (namespace, onSample) => startSimulatedProber(simulation, clock, kube, namespace, onSample),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}
