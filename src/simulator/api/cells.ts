import { condition } from "../../kube/objects.ts";
import type { Condition, ContainerStatus, KubeEvent, KubeObject, Node, Pod } from "../../kube/objects.ts";
import { formatLabelSelector, requirementsOf } from "../../kube/selector.ts";

type Cell = string | number | boolean | null;
type Cells = (object: never, now: Date) => Cell[];
/** An object whose fields nothing here describes. */
interface Loose extends KubeObject {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- printers read fields of kinds that have no type here
  [field: string]: any;
}

const none = "<none>";
const unknown = "<unknown>";

/** How the row of an object of each resource is printed (pkg/printers/internalversion; CRD printer columns). */
export const cellsOf: Record<string, ((object: KubeObject, now: Date) => Cell[]) | undefined> = {
  ...printers({
    nodes: (node: Node, now) => [
      node.metadata.name,
      nodeStatus(node),
      nodeRoles(node),
      ageOf(node, now),
      text(node.status?.nodeInfo?.["kubeletVersion"]),
      address(node, "InternalIP"),
      address(node, "ExternalIP"),
      text(node.status?.nodeInfo?.["osImage"], unknown),
      kernel(node),
      text(node.status?.nodeInfo?.["containerRuntimeVersion"], unknown),
    ],
    pods: (pod: Pod, now) => [
      pod.metadata.name,
      readyContainers(pod),
      podStatus(pod),
      String(restarts(pod)),
      ageOf(pod, now),
      pod.status?.podIP ?? none,
      pod.spec.nodeName ?? none,
      text(pod.status?.["nominatedNodeName"], none),
      readinessGates(pod),
    ],
    events: (event: KubeEvent, now) => [
      since(event.lastTimestamp ?? event.eventTime, now),
      event.type,
      event.reason,
      `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
      "",
      [event.source?.component ?? event.reportingComponent, event.source?.host].filter(Boolean).join(", "),
      event.message.trim(),
      since(event.firstTimestamp ?? event.eventTime, now),
      event.count ?? 1,
      event.metadata.name,
    ],
    namespaces: (namespace: Loose, now) => [
      namespace.metadata.name,
      text(namespace["status"]?.phase),
      ageOf(namespace, now),
    ],
    leases: (lease: Loose, now) => [lease.metadata.name, text(lease["spec"]?.holderIdentity), ageOf(lease, now)],
    configmaps: (map: Loose, now) => [
      map.metadata.name,
      String(count(map["data"]) + count(map["binaryData"])),
      ageOf(map, now),
    ],
    secrets: (secret: Loose, now) => [
      secret.metadata.name,
      text(secret["type"], "Opaque"),
      String(count(secret["data"])),
      ageOf(secret, now),
    ],
    serviceaccounts: (account: Loose, now) => [
      account.metadata.name,
      String(count(account["secrets"])),
      ageOf(account, now),
    ],
    services: (service: Loose, now) => [
      service.metadata.name,
      text(service["spec"]?.type, "ClusterIP"),
      text(service["spec"]?.clusterIP, none),
      none,
      servicePorts(service),
      ageOf(service, now),
      selectorText({ matchLabels: service["spec"]?.selector }),
    ],
    persistentvolumeclaims: (claim: Loose, now) => [
      claim.metadata.name,
      claim.metadata.deletionTimestamp === undefined ? text(claim["status"]?.phase) : "Terminating",
      text(claim["spec"]?.volumeName),
      text(claim["status"]?.capacity?.storage),
      accessModes(claim["status"]?.accessModes),
      text(claim["spec"]?.storageClassName),
      "<unset>",
      ageOf(claim, now),
      text(claim["spec"]?.volumeMode, "<unset>"),
    ],
    storageclasses: (storage: Loose, now) => [
      isDefaultClass(storage) ? `${storage.metadata.name} (default)` : storage.metadata.name,
      text(storage["provisioner"]),
      text(storage["reclaimPolicy"], "Delete"),
      text(storage["volumeBindingMode"], "Immediate"),
      storage["allowVolumeExpansion"] === true,
      ageOf(storage, now),
    ],
    poddisruptionbudgets: (budget: Loose, now) => [
      budget.metadata.name,
      text(budget["spec"]?.minAvailable, "N/A"),
      text(budget["spec"]?.maxUnavailable, "N/A"),
      budget["status"]?.disruptionsAllowed ?? 0,
      ageOf(budget, now),
    ],
    deployments: (deployment: Loose, now) => [
      deployment.metadata.name,
      `${deployment["status"]?.readyReplicas ?? 0}/${deployment["spec"]?.replicas ?? 1}`,
      deployment["status"]?.updatedReplicas ?? 0,
      deployment["status"]?.availableReplicas ?? 0,
      ageOf(deployment, now),
      ...templateCells(deployment),
    ],
    daemonsets: (set: Loose, now) => [
      set.metadata.name,
      set["status"]?.desiredNumberScheduled ?? 0,
      set["status"]?.currentNumberScheduled ?? 0,
      set["status"]?.numberReady ?? 0,
      set["status"]?.updatedNumberScheduled ?? 0,
      set["status"]?.numberAvailable ?? 0,
      selectorText({ matchLabels: set["spec"]?.template?.spec?.nodeSelector }),
      ageOf(set, now),
      ...templateCells(set),
    ],
    virtualmachines: (vm: Loose, now) => [
      vm.metadata.name,
      ageOf(vm, now),
      vm["status"]?.printableStatus ?? null,
      conditionStatus(vm, "Ready"),
    ],
    virtualmachineinstances: (vmi: Loose, now) => [
      vmi.metadata.name,
      ageOf(vmi, now),
      vmi["status"]?.phase ?? null,
      vmi["status"]?.interfaces?.[0]?.ipAddress ?? null,
      vmi["status"]?.nodeName ?? null,
      conditionStatus(vmi, "Ready"),
      conditionStatus(vmi, "LiveMigratable"),
      conditionStatus(vmi, "Paused"),
    ],
    virtualmachineinstancereplicasets: (set: Loose, now) => [
      set.metadata.name,
      set["spec"]?.replicas ?? null,
      set["status"]?.replicas ?? null,
      set["status"]?.readyReplicas ?? null,
      ageOf(set, now),
    ],
    virtualmachineinstancemigrations: (migration: Loose) => [
      migration.metadata.name,
      migration["status"]?.phase ?? null,
      migration["spec"]?.vmiName ?? null,
    ],
    kubevirts: (kubevirt: Loose, now) => [
      kubevirt.metadata.name,
      ageOf(kubevirt, now),
      kubevirt["status"]?.phase ?? null,
    ],
    datavolumes: (volume: Loose, now) => [
      volume.metadata.name,
      volume["status"]?.phase ?? null,
      volume["status"]?.progress ?? null,
      volume["status"]?.restartCount ?? null,
      ageOf(volume, now),
    ],
  }),
};

/** How old the object is, in kubectl's words. */
export function ageOf(object: KubeObject, now: Date): string {
  return since(object.metadata.creationTimestamp, now);
}

/** How long ago, as kubectl prints it (k8s.io/apimachinery: duration.HumanDuration). */
export function since(stamp: string | null | undefined, now: Date): string {
  if (!stamp) return unknown;
  const seconds = Math.trunc((now.getTime() - Date.parse(stamp)) / 1000);
  if (seconds < -1) return "<invalid>";
  if (seconds < 120) return `${Math.max(0, seconds)}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.trunc(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  if (days < 730) return `${days}d`;
  const years = Math.trunc(days / 365);
  if (years < 8) return days % 365 === 0 ? `${years}y` : `${years}y${days % 365}d`;
  return `${years}y`;
}

function printers(table: Record<string, Cells>): Record<string, (object: KubeObject, now: Date) => Cell[]> {
  return table as Record<string, (object: KubeObject, now: Date) => Cell[]>;
}

function nodeStatus(node: Node): string {
  const ready = condition(node, "Ready")?.status;
  const parts = [ready === undefined ? "Unknown" : ready === "True" ? "Ready" : "NotReady"];
  if (node.spec?.unschedulable) parts.push("SchedulingDisabled");
  return parts.join(",");
}

function nodeRoles(node: Node): string {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix))
    .map((label) => label.slice(prefix.length))
    .sort();
  return roles.join(",") || none;
}

function address(node: Node, type: string): string {
  return node.status?.addresses?.find((candidate) => candidate.type === type)?.address ?? none;
}

function kernel(node: Node): string {
  const { kernelVersion, architecture } = (node.status?.nodeInfo ?? {}) as Record<string, string | undefined>;
  if (kernelVersion === undefined) return unknown;
  return architecture === undefined ? kernelVersion : `${kernelVersion} (${architecture})`;
}

/** Containers that count in READY: the main ones, and init containers that go on running beside them. */
function runningContainers(pod: Pod): { total: number; statuses: ContainerStatus[] } {
  const initial = (pod.spec["initContainers"] ?? []) as { name: string; restartPolicy?: string }[];
  const sidecars = initial.filter(({ restartPolicy }) => restartPolicy === "Always").map(({ name }) => name);
  const initStatuses = (pod.status?.["initContainerStatuses"] ?? []) as ContainerStatus[];
  return {
    total: pod.spec.containers.length + sidecars.length,
    statuses: [...initStatuses.filter(({ name }) => sidecars.includes(name)), ...(pod.status?.containerStatuses ?? [])],
  };
}

function readyContainers(pod: Pod): string {
  const { total, statuses } = runningContainers(pod);
  return `${statuses.filter(({ ready, state }) => ready && state.running !== undefined).length}/${total}`;
}

function restarts(pod: Pod): number {
  return runningContainers(pod).statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
}

function podStatus(pod: Pod): string {
  const phase = pod.status?.phase ?? "";
  if (pod.metadata.deletionTimestamp !== undefined && phase !== "Succeeded" && phase !== "Failed") {
    return pod.status?.reason === "NodeLost" ? "Unknown" : "Terminating";
  }
  let reason = pod.status?.reason ?? phase;
  for (const { state } of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated?.reason) reason = state.terminated.reason;
    else if (state.terminated?.signal) reason = `Signal:${state.terminated.signal}`;
    else if (state.terminated) reason = `ExitCode:${state.terminated.exitCode}`;
  }
  return reason;
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return none;
  return `${gates.filter(({ conditionType }) => condition(pod, conditionType)?.status === "True").length}/${gates.length}`;
}

function servicePorts(service: Loose): string {
  const ports = (service["spec"]?.ports ?? []) as { port: number; nodePort?: number; protocol?: string }[];
  return (
    ports
      .map(({ port, nodePort, protocol = "TCP" }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`)
      .join(",") || none
  );
}

const shortModes: Record<string, string> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

function accessModes(modes: string[] | undefined): string {
  return (modes ?? []).map((mode) => shortModes[mode] ?? mode).join(",");
}

function isDefaultClass(storage: Loose): boolean {
  return storage.metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
}

function templateCells(owner: Loose): Cell[] {
  const containers = (owner["spec"]?.template?.spec?.containers ?? []) as { name: string; image?: string }[];
  return [
    containers.map(({ name }) => name).join(","),
    containers.map(({ image }) => image ?? "").join(","),
    selectorText(owner["spec"]?.selector ?? {}),
  ];
}

function selectorText(selector: Parameters<typeof requirementsOf>[0]): string {
  return formatLabelSelector(requirementsOf(selector)) || none;
}

function conditionStatus(object: Loose, type: string): Cell {
  const conditions = object["status"]?.conditions as Condition[] | undefined;
  return conditions?.find((candidate) => candidate.type === type)?.status ?? null;
}

function count(collection: object | undefined): number {
  return Object.keys(collection ?? {}).length;
}

function text(value: unknown, otherwise = ""): string {
  return value === undefined || value === null || value === "" ? otherwise : String(value as string | number);
}
