import type { VariantKind } from "../experiment/plan.ts";
import type { EvictionStrategy, Manifest, RunStrategy, VmiSpec } from "../kube/objects.ts";
import { guestSpec, type GuestOptions } from "./guest.ts";

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
  /** Why this cluster cannot judge it; it is then left out of the run. */
  skip?: string;
}

export interface VmOptions extends GuestOptions {
  /** `Always` by default. */
  runStrategy?: RunStrategy;
  evictionStrategy?: EvictionStrategy;
}

/** Label by which every object of an experiment is found again; its value is the variant's name. */
export const variantLabel = "rebound.dev/variant";

/** A VirtualMachine that runs the default test guest. With `runStrategy: "Halted"` it is a bystander. */
export function vm(name: string, options: VmOptions = {}): Variant {
  const runStrategy = options.runStrategy ?? "Always";
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
        metadata: { name, labels: metadata.labels },
        spec,
      },
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
    ],
  };
}

/**
 * Every way KubeVirt runs a VM, each with the same guest: the four run strategies that start one, a bare VMI
 * and a replica set as victims, a Halted VM as a bystander.
 */
export function everyStrategy(options: Omit<VmOptions, "runStrategy"> = {}): Variant[] {
  return [
    vm("always", { ...options, runStrategy: "Always" }),
    vm("rerun", { ...options, runStrategy: "RerunOnFailure" }),
    vm("manual", { ...options, runStrategy: "Manual" }),
    vm("once", { ...options, runStrategy: "Once" }),
    bareVmi("bare", options),
    replicaSet("rs", options),
    vm("halted", { ...options, runStrategy: "Halted" }),
  ];
}

/** The same variant, deployed and watched beside the victims. */
export function bystander(variant: Variant): Variant {
  return { ...variant, role: "bystander" };
}

function template(name: string, options: VmOptions): { metadata: { labels: Record<string, string> }; spec: VmiSpec } {
  const spec = guestSpec(options);
  if (options.evictionStrategy !== undefined) spec.evictionStrategy = options.evictionStrategy;
  return { metadata: { labels: { [variantLabel]: name } }, spec };
}

/** The spec under which this variant's VMIs are made; a `Manifest` is checked before it becomes a variant. */
export function vmiSpecOf(variant: Pick<Variant, "kind" | "manifests">): VmiSpec {
  const spec = variant.manifests[0]?.["spec"];
  if (variant.kind === "VirtualMachineInstance") return spec as VmiSpec;
  return (spec as { template: { spec: VmiSpec } }).template.spec;
}
