import type { ClusterDescription } from "../experiment/plan.ts";
import type { JournalLine } from "../observe/journal.ts";

/** The platform's defaults, for what a journal without a plan does not say of its cluster. */
const unsaid: ClusterDescription = {
  provider: "existing",
  prediction: false,
  kubernetes: "unknown",
  kubevirt: "unknown",
  nodes: 0,
  acceleration: "kvm",
  cgroup: "v2",
  settings: { nodeMonitorGracePeriodSeconds: 50, unreachableTolerationSeconds: 300, evictionStrategy: "None" },
  operators: [],
};

/** The cluster of a recording, as far as its first action tells. */
export function recordedCluster(lines: JournalLine[]): ClusterDescription {
  const recording = lines.find((line) => line.kind === "action" && line.name === "recording");
  if (recording === undefined) return unsaid;
  const { kubernetes, kubevirt, nodes, acceleration, cgroup, settings } = recording as Partial<ClusterDescription>;
  return {
    ...unsaid,
    ...(kubernetes !== undefined && { kubernetes }),
    ...(kubevirt !== undefined && { kubevirt }),
    ...(nodes !== undefined && { nodes }),
    ...(acceleration !== undefined && { acceleration }),
    ...(cgroup !== undefined && { cgroup }),
    settings: { ...unsaid.settings, ...settings },
  };
}
