import type { Manifest, VmiSpec } from "../kube/objects.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

/** What the simulated cluster makes of one variant. */
export interface ModelLimits {
  /** Why it cannot judge this variant at all; null where it can. */
  skip: string | null;
  /** What of the variant its prediction does not speak of. */
  notes: string[];
  /** Objects that the variant refers to and does not bring, assumed to exist as stated in the notes. */
  assumed: Manifest[];
}

/**
 * Holds a variant against what the simulated cluster models. It never guesses about hardware it does not have, and
 * says what it leaves out.
 */
export function modelLimits(variant: Variant): ModelLimits {
  const spec = vmiSpecOf(variant);
  const missing = missingHardware(spec);
  const claims = assumedClaims(variant, spec);
  return {
    skip: missing === null ? null : `the simulated cluster cannot judge it: ${missing}`,
    notes: [
      ...unmodelled.filter((feature) => feature.applies(spec, variant)).map(({ note }) => note),
      ...claims.map(
        ({ metadata }) =>
          `the volume claim ${metadata.name} is not in the file; a bound ReadWriteOnce one is assumed to exist`,
      ),
    ],
    assumed: claims,
  };
}

/** The hardware a spec asks for and no simulated node has, in words; null where there is none. */
function missingHardware(spec: VmiSpec): string | null {
  const { gpus, hostDevices } = spec.domain.devices as { gpus?: unknown[]; hostDevices?: unknown[] };
  if ((gpus ?? []).length > 0) return "its nodes have no GPUs";
  if ((hostDevices ?? []).length > 0) return "its nodes have no host devices to pass through";
  if (spec["resourceClaims"] !== undefined) return "it allocates no devices for resource claims";
  if (spec.domain.memory?.["hugepages"] !== undefined) return "its nodes have no huge pages";
  if (spec.domain.cpu?.["dedicatedCpuPlacement"] === true) return "its nodes dedicate no CPUs";
  if (spec.domain["launchSecurity"] !== undefined) return "its nodes have no memory encryption";
  const architecture = spec["architecture"] as string | undefined;
  if (architecture !== undefined && architecture !== "amd64") return `its nodes are amd64, not ${architecture}`;
  if (interfaces(spec).some((nic) => "sriov" in nic)) return "its nodes have no SR-IOV devices";
  return null;
}

interface Unmodelled {
  applies(spec: VmiSpec, variant: Variant): boolean;
  note: string;
}

const unmodelled: Unmodelled[] = [
  {
    applies: (spec) => (spec.networks ?? []).some((network) => "multus" in network),
    note: "secondary networks are not modelled: only its pod network is",
  },
  {
    applies: (_spec, variant) =>
      (vmSpecOf(variant)["dataVolumeTemplates"] as unknown[] | undefined)?.length !== undefined,
    note: "the import of its data volumes is not modelled: it takes a moment",
  },
  {
    applies: (_spec, variant) =>
      Object.keys(annotationsOf(variant)).some((key) => key.startsWith("hooks.kubevirt.io/")),
    note: "its hook sidecars are not modelled",
  },
  {
    applies: (spec) => spec["priorityClassName"] !== undefined,
    note: "of its priority class only the eviction by a kubelet is modelled: nothing is preempted",
  },
];

/** The claims that its volumes name and its file does not bring, nor a template of its own makes. */
function assumedClaims(variant: Variant, spec: VmiSpec): Manifest[] {
  const own = new Set([
    ...variant.manifests
      .filter(({ kind }) => kind === "PersistentVolumeClaim" || kind === "DataVolume")
      .map(({ metadata }) => metadata.name),
    ...((vmSpecOf(variant)["dataVolumeTemplates"] as Manifest[] | undefined) ?? []).map(
      ({ metadata }) => metadata.name,
    ),
  ]);
  const named = (spec.volumes ?? []).flatMap((volume) => {
    const claim = (volume["persistentVolumeClaim"] as { claimName?: string } | undefined)?.claimName;
    const disk = (volume["dataVolume"] as { name?: string } | undefined)?.name;
    return [claim, disk].filter((name) => name !== undefined);
  });
  return [...new Set(named)]
    .filter((name) => !own.has(name))
    .map((name) => ({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    }));
}

function vmSpecOf(variant: Variant): Record<string, unknown> {
  return (variant.manifests[0]?.["spec"] as Record<string, unknown> | undefined) ?? {};
}

function annotationsOf(variant: Variant): Record<string, string> {
  const template = vmSpecOf(variant)["template"] as { metadata?: { annotations?: Record<string, string> } } | undefined;
  return { ...variant.manifests[0]?.metadata.annotations, ...template?.metadata?.annotations };
}

function interfaces(spec: VmiSpec): Record<string, unknown>[] {
  return (spec.domain.devices["interfaces"] as Record<string, unknown>[] | undefined) ?? [];
}
