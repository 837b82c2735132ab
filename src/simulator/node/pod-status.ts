import type { Condition, Container, ContainerStatus, Pod } from "../../kube/objects.ts";
import { compareQuantities } from "../../kube/quantity.ts";
import type { ContainerRecord } from "./container-runtime.ts";

/** A kubelet's own decision against a pod, as its status will give it. */
export interface Verdict {
  reason: string;
  message: string;
  /** Whether a running pod was ended by it (condition DisruptionTarget). */
  disrupts: boolean;
}

/** What a kubelet knows of a pod beyond its spec. */
export interface PodFacts {
  hostIp: string;
  podIp: string | undefined;
  /** Network and namespaces stand: containers can start. */
  sandboxReady: boolean;
  /** Why the kubelet refused to run it, or ended it. */
  verdict: Verdict | undefined;
  /** Whether it is known by now what became of the containers that ran before the kubelet started. */
  settled: boolean;
  /** Whether a main container has been started in the present sandbox: init containers count no more. */
  begun: boolean;
  /** It has been told to end, or has nothing left to run: what has ended is not started again. */
  terminal: boolean;
  record(container: string): ContainerRecord | undefined;
  /** Whether its readiness probe, if any, succeeds. */
  ready(container: string): boolean;
  /** Its present wait before it is started again, e.g. `10s`, if it keeps failing. */
  backOff(container: string): string | undefined;
}

const own = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"];

export function initContainersOf(pod: Pod): Container[] {
  return (pod.spec["initContainers"] ?? []) as Container[];
}

/** An init container that runs beside the others for as long as they do. */
export function isSidecar(container: Container): boolean {
  return container["restartPolicy"] === "Always";
}

/**
 * A pod's status as its kubelet reports it (pkg/kubelet/kubelet_pods.go: generateAPIPodStatus): conditions of others
 * are kept, transitions are timed against `previous`, what this kubelet reported last.
 */
export function podStatus(pod: Pod, facts: PodFacts, previous: Pod["status"], now: string): Pod["status"] {
  const init = initContainersOf(pod);
  const initStatuses = init.map((one) => containerStatus(one, pod, facts, true));
  const statuses = pod.spec.containers.map((one) => containerStatus(one, pod, facts, false));
  const phase = podPhase(pod, facts);
  const shown = facts.verdict === undefined || pod.spec.containers.some(({ name }) => facts.record(name));
  // A pod that ends before it ran is failed as it stands (status_manager.go: TerminatePod).
  const judged = phase === "Failed" && !facts.begun ? "Pending" : phase;
  const conditions = shown ? ownConditions(pod, facts, judged, initStatuses, statuses) : [];
  for (const condition of conditions) {
    const before = previous.conditions?.find(({ type }) => type === condition.type);
    condition.lastProbeTime = null;
    condition.lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
  }
  // A pod that was ended is said to be so when its containers are gone (status_manager.go: mergePodStatus).
  const verdict = facts.verdict?.disrupts === true && phase !== "Failed" ? undefined : facts.verdict;
  const foreign = (pod.status.conditions ?? []).filter(({ type }) => !own.includes(type));
  if (verdict?.disrupts && foreign.every(({ type }) => type !== "DisruptionTarget")) {
    const { message } = verdict;
    const disrupted = { type: "DisruptionTarget", status: "True" as const, reason: "TerminationByKubelet", message };
    foreign.push({ ...disrupted, lastProbeTime: null, lastTransitionTime: now });
  }
  const observedGeneration = pod.metadata.generation ?? 1;
  const startTime = pod.status.startTime ?? now;
  const quality = pod.status.qosClass ?? qosClass(pod);
  // Containers of it may run yet: it is refused, and keeps its phase (pkg/kubelet/status: mergePodStatus).
  if (!facts.settled) {
    return { observedGeneration, phase: "Running", conditions: foreign, startTime, qosClass: quality };
  }
  return {
    observedGeneration,
    phase,
    ...(verdict !== undefined && phase !== "Succeeded" && { reason: verdict.reason, message: verdict.message }),
    conditions: [...foreign, ...conditions],
    hostIP: facts.hostIp,
    hostIPs: [{ ip: facts.hostIp }],
    ...(facts.podIp !== undefined && { podIP: facts.podIp, podIPs: [{ ip: facts.podIp }] }),
    startTime,
    ...(shown && init.length > 0 && { initContainerStatuses: initStatuses }),
    ...(shown && { containerStatuses: statuses }),
    qosClass: quality,
  };
}

/** The phase by the states of the containers (kubelet_pods.go: getPhase); what has ended stays ended. */
function podPhase(pod: Pod, facts: PodFacts): NonNullable<Pod["status"]["phase"]> {
  const known = pod.status.phase;
  if (known === "Succeeded" || known === "Failed") return known;
  const init = initContainersOf(pod);
  const running = [...init, ...pod.spec.containers].some(({ name }) => runs(facts.record(name)));
  if (facts.verdict !== undefined) return running ? (known ?? "Pending") : "Failed";
  const mains = pod.spec.containers.map(({ name }) => facts.record(name));
  if (facts.terminal) {
    if (running) return known ?? "Pending";
    return mains.every((record) => record?.exit?.code === 0) ? "Succeeded" : "Failed";
  }
  const initFailed = init.some((one) => !isSidecar(one) && (facts.record(one.name)?.exit?.code ?? 0) !== 0);
  if (initFailed && pod.spec.restartPolicy === "Never") return "Failed";
  if ((!facts.begun && !isInitialized(pod, facts)) || mains.includes(undefined)) return "Pending";
  return "Running";
}

/** Guaranteed where every container limits CPU and memory to its request, BestEffort where none asks for either. */
export function qosClass(pod: Pod): "Guaranteed" | "Burstable" | "BestEffort" {
  const wants = [...initContainersOf(pod), ...pod.spec.containers].map(({ resources }) =>
    ["cpu", "memory"].map((name) => ({ request: resources?.requests?.[name], limit: resources?.limits?.[name] })),
  );
  const all = wants.flat();
  if (all.every(({ request, limit }) => request === undefined && limit === undefined)) return "BestEffort";
  const fixed = all.every(
    ({ request, limit }) => limit !== undefined && compareQuantities(request ?? limit, limit) === 0,
  );
  return fixed ? "Guaranteed" : "Burstable";
}

/** Whether every init container has done its part. */
function isInitialized(pod: Pod, facts: Pick<PodFacts, "record">): boolean {
  return initContainersOf(pod).every((one) => {
    const record = facts.record(one.name);
    return isSidecar(one) ? runs(record) : record?.exit?.code === 0;
  });
}

/** The same of a pod that has been ended: what was to run beside the others has been started, at least. */
function wasInitialized(pod: Pod, facts: PodFacts): boolean {
  return initContainersOf(pod).every((one) => {
    const record = facts.record(one.name);
    return isSidecar(one) ? record !== undefined : record?.exit?.code === 0;
  });
}

function runs(record: ContainerRecord | undefined): boolean {
  return record !== undefined && record.exit === undefined;
}

function containerStatus(container: Container, pod: Pod, facts: PodFacts, isInit: boolean): ContainerStatus {
  const { name } = container;
  const record = facts.record(name);
  const running = runs(record);
  const completed = isInit && !isSidecar(container) && record?.exit?.code === 0;
  const backOff = facts.backOff(name);
  const status: ContainerStatus = {
    name,
    ready: completed || (running && (isInit ? isSidecar(container) : facts.ready(name))),
    started: running,
    restartCount: record?.restarts ?? 0,
    image: container.image ?? "",
    ...(record !== undefined && { containerID: record.id }),
    state: {},
  };
  if (record === undefined && !isInit && facts.terminal && !facts.sandboxReady && wasInitialized(pod, facts)) {
    status.state = { terminated: { exitCode: 137, ...notLocated } };
  } else if (record === undefined) {
    const initializing = isInit || initContainersOf(pod).length > 0;
    status.state = { waiting: { reason: initializing ? "PodInitializing" : "ContainerCreating" } };
  } else if (record.exit === undefined) {
    status.state = { running: { startedAt: record.startedAt } };
  } else if (backOff !== undefined) {
    status.state = {
      waiting: {
        reason: "CrashLoopBackOff",
        message: `back-off ${backOff} restarting failed container=${name} pod=${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`,
      },
    };
  } else {
    status.state = ended(record);
  }
  const last = backOff === undefined ? record?.previous : record;
  status.lastState = last === undefined ? {} : ended(last);
  return status;
}

/** What is said of a container that a pod was to have when it was ended. */
const notLocated = {
  reason: "ContainerStatusUnknown",
  message: "The container could not be located when the pod was terminated",
};

function ended(record: ContainerRecord): ContainerStatus["state"] {
  const { id, startedAt, exit } = record;
  if (exit === undefined) return {};
  const { code, reason, finishedAt } = exit;
  return { terminated: { exitCode: code, reason, startedAt, finishedAt, containerID: id } };
}

function ownConditions(
  pod: Pod,
  facts: PodFacts,
  phase: string,
  init: ContainerStatus[],
  statuses: ContainerStatus[],
): Condition[] {
  const sidecars = initContainersOf(pod).filter(isSidecar);
  const lasting = [...init.filter(({ name }) => sidecars.some((one) => one.name === name)), ...statuses];
  const containersReady = containersReadyCondition(phase, lasting);
  return [
    { type: "PodReadyToStartContainers", status: facts.sandboxReady ? "True" : "False" },
    initializedCondition(pod, facts, phase, init),
    { ...readyCondition(pod, containersReady), type: "Ready" },
    containersReady,
    { type: "PodScheduled", status: "True" },
  ];
}

function initializedCondition(pod: Pod, facts: PodFacts, phase: string, init: ContainerStatus[]): Condition {
  if (phase === "Succeeded") return { type: "Initialized", status: "True", reason: "PodCompleted" };
  const ran = pod.spec.containers.some(({ name }) => facts.record(name) !== undefined);
  if (ran || isInitialized(pod, facts)) return { type: "Initialized", status: "True" };
  const incomplete = init.filter(({ ready }) => !ready).map(({ name }) => name);
  return {
    type: "Initialized",
    status: "False",
    reason: "ContainersNotInitialized",
    message: `containers with incomplete status: [${incomplete.join(" ")}]`,
  };
}

function containersReadyCondition(phase: string, statuses: ContainerStatus[]): Condition {
  const type = "ContainersReady";
  const unready = statuses.filter(({ ready }) => !ready).map(({ name }) => name);
  if (phase === "Succeeded") return { type, status: "False", reason: "PodCompleted" };
  if (phase === "Failed") return { type, status: "False", reason: "PodFailed" };
  if (unready.length === 0) return { type, status: "True" };
  const message = `containers with unready status: [${unready.join(" ")}]`;
  return { type, status: "False", reason: "ContainersNotReady", message };
}

function readyCondition(pod: Pod, containersReady: Condition): Condition {
  if (containersReady.status !== "True") return containersReady;
  const messages: string[] = [];
  for (const { conditionType } of pod.spec.readinessGates ?? []) {
    const found = pod.status.conditions?.find(({ type }) => type === conditionType);
    if (found === undefined) {
      messages.push(`corresponding condition of pod readiness gate "${conditionType}" does not exist.`);
    } else if (found.status !== "True") {
      messages.push(`the status of pod readiness gate "${conditionType}" is not "True", but ${found.status}`);
    }
  }
  if (messages.length === 0) return { type: "Ready", status: "True" };
  return { type: "Ready", status: "False", reason: "ReadinessGatesNotReady", message: messages.join(", ") };
}
