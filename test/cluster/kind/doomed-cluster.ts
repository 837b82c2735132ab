import { realClock } from "../../../src/clock/real-clock.ts";
import type { Cluster } from "../../../src/cluster/cluster.ts";
import type { ContainerRuntime } from "../../../src/cluster/kind/container-runtime.ts";
import { kindActuators } from "../../../src/cluster/kind/kind-cluster.ts";
import { kindNodeShell } from "../../../src/cluster/kind/kind-node-shell.ts";
import { NodeContainers } from "../../../src/cluster/kind/node-container.ts";
import type { Victim } from "../../../src/faults/fault.ts";
import { tcpProbe } from "../../../src/workload/guest.ts";
import { vm } from "../../../src/workload/variant.ts";
import { pretendApi, vmi } from "./pretend-guest.ts";

/** As much memory as no machine that tests has, so that little of it has to be taken. */
const kubelet = {
  configz: { kubeletconfig: { evictionHard: { "memory.available": "20Gi" } } },
  "stats/summary": { node: { memory: { availableBytes: 20 * 2 ** 30 + 2 ** 20 } } },
};

/** A pretended kind cluster as undoing needs it: its nodes' real hands, and an API that knows one launcher. */
export async function doomedCluster(runtime: ContainerRuntime, name: string): Promise<Cluster> {
  const nodes = new NodeContainers(runtime, name);
  const clock = realClock();
  const others = [{ name: `${name}-worker2` }, { name: `${name}-control-plane`, controlPlane: true }];
  const kube = pretendApi(`${name}-worker`, others, kubelet);
  const tools = { shell: kindNodeShell(nodes), kube, clock };
  const actuators = kindActuators(nodes, await nodes.list(), tools, () => null);
  return { clock, kube, actuators } as unknown as Cluster;
}

/** The launcher's VM, on the worker. */
export function doomedVictim(name: string): Victim {
  const variant = vm("web", { liveness: tcpProbe() });
  return { variant, vmi, node: `${name}-worker` } as unknown as Victim;
}
