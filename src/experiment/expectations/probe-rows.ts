import { obeysAcpi } from "../../workload/traits.ts";
import { vmiSpecOf } from "../../workload/variant.ts";
import { afterFailure, afterShutdown, all, sources, type Row } from "./row.ts";
import type { Situation } from "./situation.ts";
import * as times from "./times.ts";

/** Whether its liveness probe asks what serves in the guest, and not only whether the guest is there. */
const isServiceProbed = ({ variant }: Situation): boolean => {
  const probe = vmiSpecOf(variant).livenessProbe;
  return probe?.tcpSocket !== undefined || probe?.httpGet !== undefined;
};
const isProbed = ({ variant }: Situation): boolean => vmiSpecOf(variant).livenessProbe !== undefined;

/** What the kubelet's probes of a guest find, and what follows. */
export const probeRows: readonly Row[] = [
  {
    id: "liveness failed, the guest obeys",
    source: sources.finalPhases,
    fault: "probe-failure",
    parameters: { probe: "liveness", how: "port-closed" },
    phase: "observe",
    when: ({ variant }) => obeysAcpi(variant),
    outcomes: afterShutdown,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.obeys(situation)),
  },
  {
    id: "liveness failed, the guest ignores the request",
    source: sources.finalPhases,
    fault: "probe-failure",
    parameters: { probe: "liveness", how: "port-closed" },
    phase: "observe",
    outcomes: afterFailure,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.destroyed(situation)),
  },
  {
    id: "liveness failed, the guest is hung",
    source: sources.finalPhases,
    fault: ["probe-failure", "guest-hang", "guest-panic"],
    phase: "observe",
    when: (situation) =>
      isProbed(situation) &&
      (situation.fault.name !== "probe-failure" ||
        (situation.fault.parameters["probe"] === "liveness" && situation.fault.parameters["how"] === "guest-hung")),
    outcomes: afterFailure,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.destroyed(situation)),
  },
  {
    id: "guest out of memory, its liveness failed, and it obeys",
    source: sources.finalPhases,
    fault: "guest-oom",
    phase: "observe",
    when: (situation) => isServiceProbed(situation) && obeysAcpi(situation.variant),
    outcomes: afterShutdown,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.obeys(situation)),
  },
  {
    id: "guest out of memory, its liveness failed, and it ignores the request",
    source: sources.finalPhases,
    fault: "guest-oom",
    phase: "observe",
    when: isServiceProbed,
    outcomes: afterFailure,
    waits: (situation) => times.sum(times.probeFailed(situation, "livenessProbe"), times.destroyed(situation)),
  },
  {
    id: "guest out of memory, and nobody asks what serves in it",
    source: `${sources.domain}; a kernel that kills in a guest feeds its watchdog, and its agent answers`,
    fault: "guest-oom",
    phase: "observe",
    outcomes: all("stuck"),
    waits: () => times.noWait,
  },
  {
    id: "readiness failed",
    source: sources.ready,
    fault: "probe-failure",
    parameters: { probe: "readiness" },
    phase: "observe",
    outcomes: all("stuck"),
    waits: (situation) => times.probeFailed(situation, "readinessProbe"),
  },
  {
    id: "readiness passes again",
    source: sources.ready,
    fault: "probe-failure",
    parameters: { probe: "readiness", how: "port-closed" },
    phase: "return",
    outcomes: all("resumed"),
    waits: (situation) => times.probePassed(situation, "readinessProbe"),
  },
];
