import { afterFailure, all, sources, type Row } from "./row.ts";
import type { Situation } from "./situation.ts";
import * as times from "./times.ts";

const components = ["virt-controller", "virt-api", "virt-handler"];

const source = "KubeVirt: who writes what; webhooks with the failure policy Fail";

/** The node may have to come back as well, and whoever was made in between to start. */
function returns(situation: Situation): times.Wait {
  const isNodeLost = situation.fault.name === "node-shutdown";
  const node = isNodeLost ? times.nodeReturns(situation) : times.noWait;
  return times.sum(times.componentReturns(situation), node, times.start(situation));
}

/** What goes on, and what does not, while a component of KubeVirt is away, and what its return makes up for. */
export const componentRows: readonly Row[] = [
  {
    id: "qemu killed, and nobody there to start it again",
    source,
    fault: "vm-crash",
    parameters: { without: "virt-controller" },
    phase: "observe",
    // virt-handler goes on: the VMI is Failed, which is an end where nobody wants another.
    outcomes: { ...afterFailure, Always: "stuck", RerunOnFailure: "stuck", replicaSet: "stuck" },
    waits: () => times.domainEvent,
  },
  ...["virt-api", "virt-handler"].map((component): Row => ({
    id: `qemu killed, and nobody can say so without ${component}`,
    source,
    fault: "vm-crash",
    parameters: { without: component },
    phase: "observe",
    when: ({ heldMs }) => heldMs !== null && heldMs < times.heartbeatTimeoutMs,
    outcomes: all("stuck"),
    waits: () => times.domainEvent,
  })),
  ...components.flatMap((component): Row[] => [
    {
      id: `drained without ${component}`,
      source: sources.eviction,
      fault: "drain",
      parameters: { without: component },
      phase: "observe",
      outcomes: all("blocked"),
      waits: () => times.noWait,
    },
    {
      id: `node lost without ${component}`,
      source: sources.silentNode,
      fault: "node-shutdown",
      parameters: { without: component },
      phase: "observe",
      outcomes: all("stuck"),
      waits: times.podsMarked,
    },
    {
      id: `${component} back`,
      source: sources.finalPhases,
      fault: ["vm-crash", "node-shutdown"],
      parameters: { without: component },
      phase: "return",
      // Without virt-handler a replica set has its new members already, and they only cannot start.
      outcomes: component === "virt-handler" ? { ...afterFailure, replicaSet: "resumed" } : afterFailure,
      waits: returns,
    },
  ]),
  ...["virt-api", "virt-controller"].map((component): Row => ({
    id: `${component} back, and nobody drains any more`,
    source: sources.eviction,
    fault: "drain",
    parameters: { without: component },
    phase: "return",
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  })),
  {
    id: "virt-handler back, and the migrations that waited for it",
    source: sources.migration,
    fault: "drain",
    parameters: { without: "virt-handler" },
    phase: "return",
    outcomes: all("migrated"),
    waits: times.migrated,
  },
];
