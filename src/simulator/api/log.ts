import type { ContainerStatus, KubeEvent, Pod } from "../../kube/objects.ts";
import type { ApiResponse, ApiStream } from "../simulation.ts";
import { StatusError } from "../status-error.ts";
import type { World } from "../world.ts";
import { find } from "./read.ts";
import type { Served } from "./registry.ts";
import { isTrue } from "./request.ts";
import type { Query, Target } from "./request.ts";
import { badRequest } from "./wire.ts";

interface Line {
  /** When, as the API server stamps it. */
  at: string;
  text: string;
}

/**
 * GET of a pod's `log`. What a launcher writes is told from what it did, in the form and mostly in the words of
 * virt-launcher; other containers of the model write nothing.
 */
export function answerLog(world: World, served: Served, target: Target, query: Query): ApiResponse {
  const pod = find(world.store, served, target) as Pod;
  const { parameters } = query;
  const container = chooseContainer(pod, parameters.get("container") ?? "");
  const status = statusOf(pod, container);
  requireStarted(world, pod, container, status, isTrue(parameters, "previous"));
  const print = printer(parameters);
  const lines = select(linesOf(world, pod, container), parameters, world.clock.wall());
  const headers = { "content-type": "text/plain" };
  if (!isTrue(parameters, "follow") || status?.state.terminated !== undefined) {
    return { status: 200, headers, body: lines.map(print).join("") };
  }
  return { status: 200, headers, body: follow(world, pod, container, lines.map(print), print) };
}

function chooseContainer({ metadata, spec }: Pod, asked: string): string {
  const names = [...((spec["initContainers"] ?? []) as { name: string }[]), ...spec.containers].map(({ name }) => name);
  if (asked !== "") {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  if (spec.containers.length === 1) return spec.containers[0]!.name;
  const running = spec.containers.map(({ name }) => name).join(" ");
  throw badRequest(`a container name must be specified for pod ${metadata.name}, choose one of: [${running}]`);
}

function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const all = [...((status["initContainerStatuses"] ?? []) as ContainerStatus[]), ...(status.containerStatuses ?? [])];
  return all.find(({ name }) => name === container);
}

/** The kubelet has the logs: it must have started the container, and it must answer. */
function requireStarted(
  world: World,
  pod: Pod,
  container: string,
  status: ContainerStatus | undefined,
  previous: boolean,
): void {
  const { name, namespace } = pod.metadata;
  const { nodeName } = pod.spec;
  if (nodeName === undefined) throw badRequest(`pod ${name} does not have a host assigned`);
  if (previous) throw badRequest(`previous terminated container "${container}" in pod "${name}" not found`);
  const waiting = status?.state.waiting;
  if (status === undefined || waiting !== undefined) {
    const reason = waiting?.reason ?? "ContainerCreating";
    throw badRequest(`container "${container}" in pod "${name}" is waiting to start: ${reason}`);
  }
  const machine = world.machines.get(nodeName);
  if (machine?.reachesCluster === true && machine.kubeletRunning) return;
  const why = machine?.reachesCluster === true ? "connect: connection refused" : "i/o timeout";
  const url = `https://${nodeName}:10250/containerLogs/${namespace}/${name}/${container}`;
  throw new StatusError(500, "InternalError", `Get "${url}": dial tcp ${nodeName}:10250: ${why}`);
}

/** What virt-launcher says when virt-handler records these events of its VMI. */
const words: Record<string, string> = {
  Created: "Domain defined.",
  Started: "Domain started.",
  ShuttingDown: "Signaled graceful shutdown",
  Deleted: "Domain stopped.",
  Paused: "Domain paused.",
  Unpaused: "Domain resumed.",
  Migrating: "Live migration started.",
  Migrated: "Live migration is over.",
};

function linesOf(world: World, pod: Pod, container: string): Line[] {
  const owner = pod.metadata.ownerReferences?.find(({ kind }) => kind === "VirtualMachineInstance");
  if (owner === undefined || container !== "compute") return [];
  const { state } = statusOf(pod, container) ?? {};
  const startedAt = state?.running?.startedAt ?? state?.terminated?.startedAt ?? "";
  const end = state?.terminated;
  const line = (at: string, msg: string, level = "info"): Line => ({
    at,
    text: JSON.stringify({
      component: "virt-launcher",
      level,
      msg,
      name: owner.name,
      namespace: pod.metadata.namespace,
      timestamp: at.replace(/Z$/, ".000000Z"),
      uid: owner.uid,
    }),
  });
  const events = world.store
    .list<KubeEvent>("events", pod.metadata.namespace)
    .filter(({ involvedObject, source, firstTimestamp }) => {
      const here = source?.host === pod.spec.nodeName && (firstTimestamp ?? "") >= startedAt;
      return involvedObject.uid === owner.uid && source?.component === "virt-handler" && here;
    })
    .filter(({ firstTimestamp }) => end === undefined || (firstTimestamp ?? "") <= (end.finishedAt ?? ""));
  return [
    line(startedAt, "Marked as ready"),
    ...events.flatMap(({ reason, firstTimestamp }) => {
      const msg = words[reason];
      return msg === undefined ? [] : [line(firstTimestamp ?? startedAt, msg)];
    }),
    ...(end === undefined ? [] : [line(end.finishedAt ?? startedAt, "Exiting...")]),
  ];
}

/** The part of the log that is asked for. */
function select(lines: Line[], parameters: URLSearchParams, now: Date): Line[] {
  const seconds = Number(parameters.get("sinceSeconds") ?? 0);
  const since = seconds > 0 ? new Date(now.getTime() - seconds * 1000).toISOString() : parameters.get("sinceTime");
  const recent = since === null ? lines : lines.filter(({ at }) => Date.parse(at) >= Date.parse(since));
  const tail = Number(parameters.get("tailLines") ?? -1);
  return tail >= 0 ? recent.slice(Math.max(0, recent.length - tail)) : recent;
}

function printer(parameters: URLSearchParams): (line: Line) => string {
  const stamped = isTrue(parameters, "timestamps");
  return ({ at, text }) => `${stamped ? `${at} ` : ""}${text}\n`;
}

/** Goes on with what is written, until the container ends or its pod is gone. */
function follow(world: World, pod: Pod, container: string, begun: string[], print: (line: Line) => string): ApiStream {
  const { namespace, name, uid } = pod.metadata;
  let told = linesOf(world, pod, container).length;
  let unsubscribe = (): void => {};
  return {
    read(write, end) {
      for (const text of begun) write(text);
      unsubscribe = world.store.subscribe(({ verb, resource, object }) => {
        if (resource !== "events" && object.metadata.uid !== uid) return;
        const current = world.store.get<Pod>("pods", namespace, name) ?? pod;
        const lines = linesOf(world, current, container);
        for (const line of lines.slice(told)) write(print(line));
        told = Math.max(told, lines.length);
        const gone = verb === "DELETED" && object.metadata.uid === uid;
        if (!gone && statusOf(current, container)?.state.terminated === undefined) return;
        unsubscribe();
        end();
      });
    },
    close: () => unsubscribe(),
  };
}
