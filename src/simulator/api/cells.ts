import type { Condition, KubeEvent, KubeObject, Node, Pod } from "../../kube/objects.ts";
import { formatLabelSelector, requirementsOf } from "../../kube/selector.ts";
import type { LabelSelector } from "../../kube/selector.ts";
import { since } from "./duration.ts";
import * as node from "./node-cells.ts";
import * as pod from "./pod-cells.ts";

type Cell = string | number | boolean | null;
type Printer = (object: KubeObject, now: Date) => Cell;

const none = "<none>";

const name: Printer = ({ metadata }) => metadata.name;
const age: Printer = ({ metadata }, now) => since(metadata.creationTimestamp, now);
const templateColumns: Printer[] = [
  (object) => containers(object, "name"),
  (object) => containers(object, "image"),
  (object) => selectorText(read(object, "spec.selector") as LabelSelector),
];

/** Cells of a resource that has no printer of its own. */
export const defaultCells: readonly Printer[] = [name, age];

/** How each resource is printed, cell by cell (pkg/printers/internalversion; printer columns of the CRDs). */
export const cellsOf: Record<string, readonly Printer[] | undefined> = {
  nodes: [
    name,
    ...of<Node>(node.status, node.roles),
    age,
    text("status.nodeInfo.kubeletVersion"),
    ...of<Node>(node.internalIp, node.externalIp),
    text("status.nodeInfo.osImage", "<unknown>"),
    ...of<Node>(node.kernel),
    text("status.nodeInfo.containerRuntimeVersion", "<unknown>"),
  ],
  pods: [
    name,
    ...of<Pod>(pod.ready, pod.status, pod.restarts),
    age,
    text("status.podIP", none),
    text("spec.nodeName", none),
    text("status.nominatedNodeName", none),
    ...of<Pod>(pod.readinessGates),
  ],
  events: [
    ...of<KubeEvent>((event, now) => since(event.lastTimestamp ?? event.eventTime, now)),
    text("type"),
    text("reason"),
    ...of<KubeEvent>(({ involvedObject }) => `${involvedObject.kind.toLowerCase()}/${involvedObject.name}`),
    text("involvedObject.fieldPath"),
    ...of<KubeEvent>(
      ({ source, reportingComponent }) =>
        [source?.component ?? reportingComponent, source?.host].filter(Boolean).join(", "),
      ({ message }) => message.trim(),
      (event, now) => since(event.firstTimestamp ?? event.eventTime, now),
      ({ count }) => count ?? 1,
    ),
    name,
  ],
  namespaces: [name, text("status.phase"), age],
  leases: [name, text("spec.holderIdentity"), age],
  configmaps: [name, (map) => String(size(map, "data") + size(map, "binaryData")), age],
  secrets: [name, text("type", "Opaque"), (secret) => String(size(secret, "data")), age],
  serviceaccounts: [name, (account) => String(size(account, "secrets")), age],
  services: [
    name,
    text("spec.type", "ClusterIP"),
    text("spec.clusterIP", none),
    () => none,
    servicePorts,
    age,
    (service) => labelsText(service, "spec.selector"),
  ],
  endpointslices: [
    name,
    text("addressType"),
    (slice) => few((read(slice, "ports") as { port: number }[]).map(({ port }) => String(port))),
    (slice) => few((read(slice, "endpoints") as { addresses: string[] }[]).flatMap(({ addresses }) => addresses)),
    age,
  ],
  persistentvolumeclaims: [
    name,
    (claim) => (claim.metadata.deletionTimestamp === undefined ? text("status.phase")(claim) : "Terminating"),
    text("spec.volumeName"),
    text("status.capacity.storage"),
    accessModes,
    text("spec.storageClassName"),
    () => "<unset>",
    age,
    text("spec.volumeMode", "<unset>"),
  ],
  storageclasses: [
    (storage) => (isDefaultClass(storage) ? `${storage.metadata.name} (default)` : storage.metadata.name),
    text("provisioner"),
    text("reclaimPolicy", "Delete"),
    text("volumeBindingMode", "Immediate"),
    (storage) => read(storage, "allowVolumeExpansion") === true,
    age,
  ],
  poddisruptionbudgets: [
    name,
    text("spec.minAvailable", "N/A"),
    text("spec.maxUnavailable", "N/A"),
    number("status.disruptionsAllowed"),
    age,
  ],
  deployments: [
    name,
    (deployment) => `${number("status.readyReplicas")(deployment)}/${number("spec.replicas")(deployment)}`,
    number("status.updatedReplicas"),
    number("status.availableReplicas"),
    age,
    ...templateColumns,
  ],
  daemonsets: [
    name,
    number("status.desiredNumberScheduled"),
    number("status.currentNumberScheduled"),
    number("status.numberReady"),
    number("status.updatedNumberScheduled"),
    number("status.numberAvailable"),
    (set) => labelsText(set, "spec.template.spec.nodeSelector"),
    age,
    ...templateColumns,
  ],
  virtualmachines: [name, age, found("status.printableStatus"), conditionStatus("Ready")],
  virtualmachineinstances: [
    name,
    age,
    found("status.phase"),
    found("status.interfaces.0.ipAddress"),
    found("status.nodeName"),
    conditionStatus("Ready"),
    conditionStatus("LiveMigratable"),
    conditionStatus("Paused"),
  ],
  virtualmachineinstancereplicasets: [
    name,
    found("spec.replicas"),
    found("status.replicas"),
    found("status.readyReplicas"),
    age,
  ],
  virtualmachineinstancemigrations: [name, found("status.phase"), found("spec.vmiName")],
  kubevirts: [name, age, found("status.phase")],
  datavolumes: [name, found("status.phase"), found("status.progress"), found("status.restartCount"), age],
};

function of<T extends KubeObject>(...printers: ((object: T, now: Date) => Cell)[]): Printer[] {
  return printers as Printer[];
}

/** What stands at that path; nothing where a custom resource has nothing there. */
function found(path: string): Printer {
  return (object) => (read(object, path) as Cell | undefined) ?? null;
}

function text(path: string, otherwise = ""): (object: KubeObject) => string {
  return (object) => {
    const value = read(object, path) as Cell | undefined;
    return value === undefined || value === null || value === "" ? otherwise : String(value);
  };
}

function number(path: string): (object: KubeObject) => number {
  return (object) => (read(object, path) as number | undefined) ?? 0;
}

function conditionStatus(type: string): Printer {
  return (object) => {
    const conditions = read(object, "status.conditions") as Condition[] | undefined;
    return conditions?.find((candidate) => candidate.type === type)?.status ?? null;
  };
}

function read(object: unknown, path: string): unknown {
  let value = object;
  for (const step of path.split(".")) value = (value as Record<string, unknown> | undefined)?.[step];
  return value;
}

/** The first three, and how many more there are (pkg/printers/internalversion: listWithMoreString). */
function few(texts: string[]): string {
  if (texts.length === 0) return "<unset>";
  const shown = texts.slice(0, 3).join(",");
  return texts.length > 3 ? `${shown} + ${texts.length - 3} more...` : shown;
}

function size(object: KubeObject, path: string): number {
  return Object.keys(read(object, path) ?? {}).length;
}

function servicePorts(service: KubeObject): string {
  const ports = (read(service, "spec.ports") ?? []) as { port: number; nodePort?: number; protocol?: string }[];
  const texts = ports.map(
    ({ port, nodePort, protocol = "TCP" }) => `${port}${nodePort ? `:${nodePort}` : ""}/${protocol}`,
  );
  return texts.join(",") || none;
}

const shortModes: Record<string, string> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

function accessModes(claim: KubeObject): string {
  const modes = (read(claim, "status.accessModes") ?? []) as string[];
  return modes.map((mode) => shortModes[mode] ?? mode).join(",");
}

function isDefaultClass({ metadata }: KubeObject): boolean {
  return metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true";
}

function containers(owner: KubeObject, member: "name" | "image"): string {
  const all = (read(owner, "spec.template.spec.containers") ?? []) as { name: string; image?: string }[];
  return all.map((container) => container[member] ?? "").join(",");
}

function labelsText(object: KubeObject, path: string): string {
  const labels = read(object, path) as Record<string, string> | undefined;
  return selectorText(labels === undefined ? {} : { matchLabels: labels });
}

function selectorText(selector: LabelSelector | undefined): string {
  return formatLabelSelector(requirementsOf(selector ?? {})) || none;
}
