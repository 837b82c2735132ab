import { condition } from "../../kube/objects.ts";
import type { ContainerStatus, Pod } from "../../kube/objects.ts";

/** Ready containers of all, e.g. `1/2`. */
export function ready(pod: Pod): string {
  const { total, statuses } = counted(pod);
  return `${statuses.filter((status) => status.ready && status.state.running !== undefined).length}/${total}`;
}

/** What the STATUS column says: the phase, or what its containers have to say, or that it is going away. */
export function status(pod: Pod): string {
  const { phase = "", reason, containerStatuses = [] } = pod.status;
  if (pod.metadata.deletionTimestamp !== undefined && phase !== "Succeeded" && phase !== "Failed") {
    return reason === "NodeLost" ? "Unknown" : "Terminating";
  }
  let said = reason ?? phase;
  for (const { state } of [...containerStatuses].reverse()) {
    const { waiting, terminated } = state;
    if (waiting?.reason) said = waiting.reason;
    else if (terminated?.reason) said = terminated.reason;
    else if (terminated?.signal) said = `Signal:${terminated.signal}`;
    else if (terminated) said = `ExitCode:${terminated.exitCode}`;
  }
  return said;
}

/** How often its containers were restarted. */
export function restarts(pod: Pod): string {
  return String(counted(pod).statuses.reduce((sum, { restartCount }) => sum + restartCount, 0));
}

/** Readiness gates that are open, of all. */
export function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  return `${gates.filter(({ conditionType }) => condition(pod, conditionType)?.status === "True").length}/${gates.length}`;
}

/** The main containers, and the init containers that go on running beside them. */
function counted(pod: Pod): { total: number; statuses: ContainerStatus[] } {
  const initial = (pod.spec["initContainers"] ?? []) as { name: string; restartPolicy?: string }[];
  const sidecars = initial.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name);
  const initialStatuses = (pod.status["initContainerStatuses"] ?? []) as ContainerStatus[];
  return {
    total: pod.spec.containers.length + sidecars.length,
    statuses: [
      ...initialStatuses.filter(({ name }) => sidecars.includes(name)),
      ...(pod.status.containerStatuses ?? []),
    ],
  };
}
