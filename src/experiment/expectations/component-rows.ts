import { afterFailure, all, sources, type Row } from "./row.ts";
import type { Situation } from "./situation.ts";
import * as times from "./times.ts";

const components = ["virt-controller", "virt-api", "virt-handler"] as const;

const source = "KubeVirt: who writes what; webhooks with the failure policy Fail";

/** The node may have to come back as well, and whoever was made in between to start. */
function returns(situation: Situation): times.Wait {
  const isNodeLost = situation.fault.name === "node-shutdown";
  const node = isNodeLost ? times.nodeReturns(situation) : times.noWait;
  return times.sum(times.componentReturns(situation), node, times.start(situation));
}

/** What a component, or the whole API server, is away for by itself: guests need neither. */
const alone: Row[] = [
  {
    id: "nothing but a part of the platform away",
    source: `${source}; ${sources.leaders}`,
    fault: ["component-stop", "api-cut", "api-slow"],
    phase: ["observe", "return"],
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  },
];

/** What goes on, and what does not, while a component of KubeVirt is away, and what its return makes up for. */
export const componentRows: readonly Row[] = [
  ...alone,
  {
    id: "qemu killed, and nobody there to start it again",
    source,
    fault: "vm-crash",
    during: "virt-controller",
    phase: "observe",
    // virt-handler goes on: the VMI is Failed, which is an end where nobody wants another.
    outcomes: { ...afterFailure, Always: "stuck", RerunOnFailure: "stuck", replicaSet: "stuck" },
    waits: () => times.domainEvent,
  },
  ...["virt-api", "virt-handler", "api-cut"].map((component): Row => ({
    id: `qemu killed, and nobody can say so without ${component}`,
    source,
    fault: "vm-crash",
    during: component,
    phase: "observe",
    when: ({ heldMs }) => heldMs !== null && heldMs < times.heartbeatTimeoutMs,
    outcomes: all("stuck"),
    waits: () => times.domainEvent,
  })),
  ...[...components, "api-cut"].flatMap((component): Row[] => [
    {
      id: `drained without ${component}`,
      source: sources.eviction,
      fault: "drain",
      during: component,
      phase: "observe",
      outcomes: all("blocked"),
      waits: () => times.noWait,
    },
    {
      id: `node lost without ${component}`,
      source: sources.silentNode,
      fault: "node-shutdown",
      during: component,
      phase: "observe",
      outcomes: all("stuck"),
      waits: times.podsMarked,
    },
    {
      id: `${component} back`,
      source: sources.finalPhases,
      fault: ["vm-crash", "node-shutdown"],
      during: component,
      phase: "return",
      // Without virt-handler a replica set has its new members already, and they only cannot start.
      outcomes: component === "virt-handler" ? { ...afterFailure, replicaSet: "resumed" } : afterFailure,
      waits: returns,
    },
  ]),
  ...["virt-api", "virt-controller", "api-cut"].map((component): Row => ({
    id: `${component} back, and nobody drains any more`,
    source: sources.eviction,
    fault: "drain",
    during: component,
    phase: "return",
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  })),
  {
    id: "virt-handler back, and the migrations that waited for it",
    source: sources.migration,
    fault: "drain",
    during: "virt-handler",
    phase: "return",
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "qemu killed, and no container runtime to end its pod",
    source: `${sources.finalPhases}; ${sources.runtime}`,
    fault: "vm-crash",
    during: "runtime-stop",
    phase: "observe",
    // The VMI is Failed; it cannot go, and be followed by another, before its pod has.
    outcomes: { Always: "stuck", RerunOnFailure: "stuck", Manual: "stopped", Once: "stopped", bare: "stopped" },
    waits: () => times.domainEvent,
  },
  {
    id: "drained without a container runtime, which a migration away does not need",
    source: `${sources.migration}; ${sources.runtime}`,
    fault: "drain",
    during: "runtime-stop",
    phase: "observe",
    outcomes: all("migrated"),
    waits: times.migrated,
  },
  {
    id: "container runtime back, and the pods that waited for their end",
    source: sources.runtime,
    fault: "vm-crash",
    during: "runtime-stop",
    phase: "return",
    outcomes: { Always: "restarted", RerunOnFailure: "restarted", Manual: "stopped", Once: "stopped", bare: "stopped" },
    waits: (situation) => times.sum(times.kubeletReports, times.start(situation)),
  },
  {
    id: "container runtime back where nobody is any more",
    source: sources.runtime,
    fault: "drain",
    during: "runtime-stop",
    phase: "return",
    outcomes: all("undisturbed"),
    waits: () => times.noWait,
  },
];
