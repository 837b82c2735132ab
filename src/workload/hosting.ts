import type { KubeObject, Manifest, Node } from "../kube/objects.ts";
import { allocatableOf } from "../kube/pod-requests.ts";
import { shareAsQuantity, shareOf, whyNoShare } from "./node-share.ts";
import { anyDevice } from "./obstacles.ts";
import { requestsOf } from "./schedulable.ts";
import { vmiSpecOf, type Variant } from "./variant.ts";

export interface KubeVirtObject extends KubeObject {
  spec?: {
    configuration?: {
      developerConfiguration?: { featureGates?: string[] };
      /** By the kind of device: lists, and a switch that is none. */
      permittedHostDevices?: Record<string, unknown>;
    };
  };
}

/** A cluster as VMs find it. */
export interface Host {
  /** The nodes that VMs may run on, with what of their memory nobody has requested. */
  workers: { node: Node; freeBytes: number }[];
  kubeVirt: KubeVirtObject | undefined;
  /** Whether others use it as well. */
  isShared: boolean;
  /** Whether a volume that it makes can be had on one node alone. */
  isStorageLocal: boolean;
}

/**
 * The variant as it is made for this cluster: shares of a node become quantities, any device one that there is; where a
 * volume is one node's, so is its VM. One that the cluster cannot host is left out, with the reason.
 */
export function hosted(variant: Variant, host: Host): Variant {
  const share = shareOf(variant);
  const why = variant.skip ?? lackOf(variant, host) ?? (share === null ? null : whyNoShare(share, host));
  if (why !== null) return { ...variant, skip: why };
  const device = deviceOf(host);
  const manifests = mapStrings(variant.manifests, (text) => {
    if (text === share) return shareAsQuantity(share, host);
    return text === anyDevice ? device! : text;
  }) as Manifest[];
  const isRequested = share !== null && requestsOf(variant, vmiSpecOf(variant))["memory"] === share;
  const isTied = host.isStorageLocal && variant.manifests.some(({ kind }) => kind === "PersistentVolumeClaim");
  const made: Variant = {
    ...variant,
    manifests,
    ...(isRequested && { memoryShare: share }),
    ...(isTied && { confined: true }),
  };
  return variant.onEveryOther === true ? withReplicas(made, host.workers.length - 1) : made;
}

/** The hardware or the configuration that a variant needs and the cluster does not have, in words; null where there is none. */
function lackOf(variant: Variant, host: Host): string | null {
  const spec = vmiSpecOf(variant);
  const labels = host.workers.map(({ node }) => node.metadata.labels ?? {});
  const architecture = spec["architecture"] as string | undefined;
  if (architecture !== undefined && labels.every((each) => each["kubernetes.io/arch"] !== architecture))
    return `no worker is a machine of the kind ${architecture}`;
  const { sev, snp, tdx } = (spec.domain["launchSecurity"] ?? {}) as Record<string, unknown>;
  for (const [name, asked] of Object.entries({ sev, "sev-snp": snp, tdx })) {
    const label = `kubevirt.io/${name}`;
    if (asked !== undefined && labels.every((each) => each[label] !== "true"))
      return `no worker has the label ${label}`;
  }
  if (JSON.stringify(spec.domain.devices).includes(`"${anyDevice}"`) && deviceOf(host) === null)
    return "there are no two workers with two of a device that KubeVirt permits (permittedHostDevices)";
  const gates = host.kubeVirt?.spec?.configuration?.developerConfiguration?.featureGates ?? [];
  if (spec.domain.devices["gpus"] !== undefined && gates.includes("VGPULiveMigration"))
    return "the feature gate VGPULiveMigration is on, by which a GPU may be no obstacle";
  const { reenlightenment } = (spec.domain.features?.["hyperv"] ?? {}) as { reenlightenment?: object };
  if (reenlightenment !== undefined && labels.some((each) => "cpu-timer.node.kubevirt.io/tsc-frequency" in each))
    return "workers say their TSC frequency, by which reenlightenment is no obstacle";
  return variant.onEveryOther === true && host.workers.length < 2 ? "there is no other worker" : null;
}

/** A device that VMs on two workers may have, and two on each; null where there is none. */
function deviceOf({ workers, kubeVirt }: Host): string | null {
  const permitted = Object.values(kubeVirt?.spec?.configuration?.permittedHostDevices ?? {});
  const offering = (name: string) => workers.filter(({ node }) => (allocatableOf(node).get(name) ?? 0) >= 2);
  const devices = permitted.flatMap((list) => (Array.isArray(list) ? (list as { resourceName: string }[]) : []));
  return devices.find(({ resourceName }) => offering(resourceName).length >= 2)?.resourceName ?? null;
}

function withReplicas(variant: Variant, replicas: number): Variant {
  const [set, ...others] = variant.manifests;
  return { ...variant, manifests: [{ ...set!, spec: { ...(set!["spec"] as object), replicas } }, ...others] };
}

/** The same value, with each string in it put through `change`. */
function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each: unknown) => mapStrings(each, change));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, mapStrings(each, change)]));
}
