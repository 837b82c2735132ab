/** Of a pod what tells why it is late. */
export interface PodLike {
  metadata: { name: string };
  spec?: { nodeName?: string };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; message?: string }[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

interface ContainerStatus {
  ready: boolean;
  image: string;
  restartCount: number;
  state?: { waiting?: { reason?: string; message?: string } };
  lastState?: { terminated?: { reason?: string; exitCode?: number } };
}

/** A sentence for each pod that is not ready: what it waits for, and what mends it where that is known. */
export function latePods(pods: PodLike[]): string[] {
  return pods.filter((pod) => !isReady(pod)).map((pod) => `${pod.metadata.name} ${reason(pod)}`);
}

function isReady({ status }: PodLike): boolean {
  return status?.phase === "Succeeded" || conditionOf(status, "Ready")?.status === "True";
}

function reason({ status }: PodLike): string {
  const scheduled = conditionOf(status, "PodScheduled");
  if (scheduled?.status === "False") return `has no node (${scheduled.message ?? "no reason given"})`;
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const container of containers) {
    const waiting = container.state?.waiting;
    if (waiting?.reason === "ErrImagePull" || waiting?.reason === "ImagePullBackOff") {
      return `cannot get its image ${container.image}: \`kind load docker-image\` brings it in`;
    }
    if (waiting?.reason === "CrashLoopBackOff") return `keeps crashing (${lastEnd(container)})${inotifyHint(waiting)}`;
  }
  const late = containers.find(({ ready, restartCount }) => !ready && restartCount > 0);
  if (late) return `was restarted ${late.restartCount} times and is not ready (${lastEnd(late)})`;
  const waiting = containers.find(({ state }) => state?.waiting)?.state?.waiting;
  return waiting ? `is at ${waiting.reason ?? "an unknown stage"}` : "runs and is not ready yet";
}

function lastEnd({ lastState }: ContainerStatus): string {
  const { reason = "no reason given", exitCode } = lastState?.terminated ?? {};
  return exitCode === undefined ? reason : `${reason}, exit code ${exitCode}`;
}

function inotifyHint({ message = "" }: { message?: string }): string {
  return /too many open files|inotify/i.test(message)
    ? ": too few inotify instances, see `rebound cluster doctor`"
    : "";
}

function conditionOf(status: PodLike["status"], type: string) {
  return status?.conditions?.find((condition) => condition.type === type);
}
