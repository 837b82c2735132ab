import { createSimulation, type Simulation } from "../../simulator/create-simulation.ts";
import type { ClusterDescription } from "../../experiment/plan.ts";
import { settingsOf, versions, type Settings } from "../../simulator/settings.ts";
import { createKubeClient } from "../api-client.ts";
import type { Cluster } from "../cluster.ts";
import { simulatedActuators } from "./actuators.ts";
import { inProcessTransport } from "./in-process-transport.ts";
import { startSimulatedPaths, type Paths } from "./simulated-paths.ts";
import { startSimulatedProber } from "./simulated-prober.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** What to simulate: everything that happens follows from it. */
export interface SimulationOptions {
  seed: number;
  /** How many workers. */
  nodes: number;
  settings?: Partial<Settings>;
  /** Cluster operators that are installed, of those that are modelled: `hyperconverged-cluster`. */
  operators?: readonly string[];
}

/** A cluster of its own, in virtual time, with KubeVirt up. */
export async function simulatedCluster({
  seed,
  nodes,
  settings: given = {},
  operators = [],
}: SimulationOptions): Promise<Cluster> {
  const settings = { ...given, ...settingsWith(operators) };
  const simulation = createSimulation({ seed, workers: nodes, settings });
  const clock = new VirtualClock(simulation.clock);
  const transport = inProcessTransport((request) => simulation.api.handle(request), clock);
  const kube = await createKubeClient(transport, clock);
  const description: ClusterDescription = {
    provider: "simulated",
    prediction: true,
    ...versions,
    // The control plane is one more.
    nodes: nodes + 1,
    acceleration: "simulated",
    cgroup: simulation.world.settings.cgroup,
    settings: simulation.world.settings,
    operators: modelled.filter((operator) => operators.includes(operator)),
  };
  return {
    description,
    describeWith: (asked) => ({
      ...description,
      settings: settingsOf({ ...given, ...settingsWith(asked) }, nodes),
      operators: modelled.filter((operator) => asked.includes(operator)),
    }),
    clock,
    kube,
    actuators: simulatedActuators(simulation.hands, clock),
    startProber: async (namespace, onSample) => {
      const prober = await startSimulatedProber(simulation, clock, kube, namespace, onSample);
      const paths = await startSimulatedPaths(pathsOf(simulation), clock, kube, namespace, onSample);
      return {
        ...prober,
        [Symbol.asyncDispose]: async () => {
          await paths[Symbol.asyncDispose]();
          await prober[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
}

/** The ways of users through a Service and the node that stands by. */
function pathsOf(simulation: Simulation): Paths {
  return {
    ask: (vmiUid, port) => simulation.ask(vmiUid, port),
    behind: (serviceUid) => simulation.serviceProxy.behind(serviceUid),
    onTouch: (listener) => {
      simulation.onTouch(listener);
      simulation.serviceProxy.onChange(listener);
    },
  };
}

/** The operators that a simulated cluster may have. */
const modelled = ["hyperconverged-cluster"];

function settingsWith(operators: readonly string[]): Partial<Settings> {
  return operators.includes("hyperconverged-cluster") ? { hyperConverged: true } : {};
}
