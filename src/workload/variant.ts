import { UsageError } from "../errors.ts";
import type { VariantKind } from "../experiment/plan.ts";
import type { EvictionStrategy, Manifest, RunStrategy, VmiSpec } from "../kube/objects.ts";
import { guestAnnotations, guestSpec, type GuestOptions } from "./guest.ts";

/** One VM configuration of an experiment, before it is planned. */
export interface Variant {
  name: string;
  /** A bystander is deployed and watched, and the fault is not aimed at it. */
  role: "victim" | "bystander";
  kind: VariantKind;
  runStrategy: RunStrategy | null;
  evictionStrategy: EvictionStrategy | null;
  /** What is applied: the variant itself first, then what it needs (instance types, volumes, secrets). */
  manifests: Manifest[];
  /** What a reader of its results must know: how it was changed, what of it is not judged. */
  notes?: string[];
  /** It runs on the node that is chosen for the victims, or nowhere. */
  pinned?: true;
  /** It runs on that node or on one other. */
  paired?: true;
  /** No other node may take it while the experiment lasts, for want of room or because it has no other's disk. */
  confined?: true;
  /** The share of a node's memory that it requests, in words, once it is planned. */
  memoryShare?: string;
  /** A replica set of which every other worker is given one member, when that is planned. */
  onEveryOther?: true;
  /** It starts on another node than the victims' where there is room. */
  elsewhere?: true;
  /** It is known never to come up, so that nobody waits for it. */
  neverUp?: true;
  /** It is known to be refused by the API server, so that there is never anything of it. */
  refused?: true;
  /** Why this cluster cannot judge it; it is then left out of the run. */
  skip?: string;
}

export interface VmOptions extends GuestOptions {
  /** `Always` by default. */
  runStrategy?: RunStrategy;
  evictionStrategy?: EvictionStrategy;
  /** What its pod is worth to a kubelet that must evict; the class must be there, as `kubevirt-cluster-critical` is. */
  priorityClassName?: string;
}

/** Label by which every object of an experiment is found again; its value is the variant's name. */
export const variantLabel = "rebound.dev/variant";

/** What a VM can be told of when it is to run. */
export const runStrategies: readonly RunStrategy[] = ["Always", "RerunOnFailure", "Manual", "Halted", "Once"];

/** A VirtualMachine that runs the default test guest. With `runStrategy: "Halted"` it is a bystander. */
export function vm(name: string, options: VmOptions = {}): Variant {
  const runStrategy = options.runStrategy ?? "Always";
  if (!runStrategies.includes(runStrategy)) {
    throw new UsageError(`VM "${name}": runStrategy is "${runStrategy}"; it can be ${runStrategies.join(", ")}`);
  }
  const { metadata, spec } = template(name, options);
  return {
    name,
    role: runStrategy === "Halted" ? "bystander" : "victim",
    kind: "VirtualMachine",
    runStrategy,
    evictionStrategy: options.evictionStrategy ?? null,
    manifests: [
      {
        apiVersion: "kubevirt.io/v1",
        kind: "VirtualMachine",
        metadata: { name, labels: metadata.labels },
        spec: { runStrategy, template: { metadata, spec } },
      },
      ...needsOf(name, options),
    ],
  };
}

/** A VirtualMachineInstance that no VirtualMachine owns: nothing brings it back. */
export function bareVmi(name: string, options: Omit<VmOptions, "runStrategy"> = {}): Variant {
  const { metadata, spec } = template(name, options);
  return {
    name,
    role: "victim",
    kind: "VirtualMachineInstance",
    runStrategy: null,
    evictionStrategy: options.evictionStrategy ?? null,
    manifests: [
      {
        apiVersion: "kubevirt.io/v1",
        kind: "VirtualMachineInstance",
        metadata: { name, ...metadata },
        spec,
      },
      ...needsOf(name, options),
    ],
  };
}

/** A replica set of VMIs; it is judged as one, and counts as back when it is whole again. */
export function replicaSet(
  name: string,
  options: Omit<VmOptions, "runStrategy"> & { replicas?: number } = {},
): Variant {
  const { metadata, spec } = template(name, options);
  return {
    name,
    role: "victim",
    kind: "VirtualMachineInstanceReplicaSet",
    runStrategy: null,
    evictionStrategy: options.evictionStrategy ?? null,
    manifests: [
      {
        apiVersion: "kubevirt.io/v1",
        kind: "VirtualMachineInstanceReplicaSet",
        metadata: { name, labels: metadata.labels },
        spec: {
          replicas: options.replicas ?? 2,
          selector: { matchLabels: metadata.labels },
          template: { metadata, spec },
        },
      },
      ...needsOf(name, options),
    ],
  };
}

/** A VM of every run strategy, each with the same guest: the four that start one as victims, a Halted VM as a bystander. */
export function everyRunStrategy(options: Omit<VmOptions, "runStrategy"> = {}): Variant[] {
  return [
    vm("always", { ...options, runStrategy: "Always" }),
    vm("rerun", { ...options, runStrategy: "RerunOnFailure" }),
    vm("manual", { ...options, runStrategy: "Manual" }),
    vm("once", { ...options, runStrategy: "Once" }),
    vm("halted", { ...options, runStrategy: "Halted" }),
  ];
}

/** Every way KubeVirt runs a VM: the run strategies, and as further victims a bare VMI and a replica set. */
export function everyStrategy(options: Omit<VmOptions, "runStrategy"> = {}): Variant[] {
  const vms = everyRunStrategy(options);
  return [...vms.slice(0, -1), bareVmi("bare", options), replicaSet("rs", options), ...vms.slice(-1)];
}

/** The same variant with a node selector that fits one node alone, that of the victims. */
export function pinned(variant: Variant): Variant {
  return { ...variant, pinned: true };
}

/** The same variant, kept to two nodes: that of the victims and one other. */
export function paired(variant: Variant): Variant {
  return { ...variant, paired: true };
}

/** The same variant, said to find no room on another node: the experiment's others take it. */
export function confined(variant: Variant): Variant {
  return { ...variant, confined: true };
}

/** The same replica set as a bystander, with a member on each worker but the victims'; one fills a node. */
export function onEveryOther(variant: Variant): Variant {
  return { ...elsewhere(variant), onEveryOther: true };
}

/** The same variant as a bystander that cannot come up. */
export function neverUp(variant: Variant): Variant {
  return { ...variant, role: "bystander", neverUp: true };
}

/** The same variant as a bystander on another node than the victims'. */
export function elsewhere(variant: Variant): Variant {
  return { ...variant, role: "bystander", elsewhere: true };
}

/** The same variant as a bystander that the API server refuses. */
export function refused(variant: Variant): Variant {
  return { ...variant, role: "bystander", refused: true };
}

/** The same variant, deployed and watched beside the victims. */
export function bystander(variant: Variant): Variant {
  return { ...variant, role: "bystander" };
}

/** What a guest needs beside its own manifest. */
function needsOf(name: string, { obstacle }: VmOptions): Manifest[] {
  if (obstacle !== "disk") return [];
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  return [{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: claimOf(name) }, spec }];
}

function claimOf(name: string): string {
  return `${name}-data`;
}

interface Template {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: VmiSpec;
}

function template(name: string, options: VmOptions): Template {
  const spec = guestSpec(options, claimOf(name));
  if (options.evictionStrategy !== undefined) spec.evictionStrategy = options.evictionStrategy;
  if (options.priorityClassName !== undefined) spec["priorityClassName"] = options.priorityClassName;
  const annotations = guestAnnotations(options);
  const isDescribed = Object.keys(annotations).length > 0;
  return { metadata: { labels: { [variantLabel]: name }, ...(isDescribed && { annotations }) }, spec };
}

/** The spec under which this variant's VMIs are made; a `Manifest` is checked before it becomes a variant. */
export function vmiSpecOf(variant: Pick<Variant, "kind" | "manifests">): VmiSpec {
  const spec = variant.manifests[0]?.["spec"];
  if (variant.kind === "VirtualMachineInstance") return spec as VmiSpec;
  return (spec as { template: { spec: VmiSpec } }).template.spec;
}

/** How many VMIs the variant is to have. */
export function replicasOf({ kind, manifests: [manifest] }: Pick<Variant, "kind" | "manifests">): number {
  if (kind !== "VirtualMachineInstanceReplicaSet") return 1;
  return (manifest?.["spec"] as { replicas?: number } | undefined)?.replicas ?? 1;
}
