import type { VmiSpec } from "../kube/objects.ts";

/**
 * What in a VM's own spec keeps it from being migrated live, one for each reason that KubeVirt knows. A host disk, which
 * has the reason of `disk`, is not among them: it stays on its node when the VM is gone.
 */
export const obstacles = [
  "bridge",
  "host-device",
  "gpu",
  "sev",
  "sev-snp",
  "tdx",
  "secure-execution",
  "reenlightenment",
  "hyperv-passthrough",
  "disk",
] as const;
export type Obstacle = (typeof obstacles)[number];

/** A device that KubeVirt may give to VMs; which one, is found when it is planned. */
export const anyDevice = "any-permitted-device";

/** Encrypted memory needs UEFI, without Secure Boot (KubeVirt: vmi-create-admitter). */
const uefi = { firmware: { bootloader: { efi: { secureBoot: false } } } };

/** A spec with what the obstacle puts into it. `claimName` is the claim of `disk`. */
export function obstructed(spec: VmiSpec, obstacle: Obstacle, claimName: string): VmiSpec {
  const { domain } = spec;
  const devices = (more: Record<string, unknown>): VmiSpec => ({
    ...spec,
    domain: { ...domain, devices: { ...domain.devices, ...more } },
  });
  const inDomain = (more: Record<string, unknown>): VmiSpec => ({ ...spec, domain: { ...domain, ...more } });
  const disks = (domain.devices["disks"] ?? []) as object[];
  switch (obstacle) {
    case "bridge":
      return devices({ interfaces: [{ name: "default", bridge: {} }] });
    case "host-device":
      return devices({ hostDevices: [{ name: "device", deviceName: anyDevice }] });
    case "gpu":
      return devices({ gpus: [{ name: "gpu", deviceName: anyDevice }] });
    case "sev":
      return inDomain({ ...uefi, launchSecurity: { sev: {} } });
    case "sev-snp":
      return inDomain({ ...uefi, launchSecurity: { snp: {} } });
    case "tdx":
      return inDomain({ ...uefi, launchSecurity: { tdx: {} } });
    case "secure-execution":
      return { ...inDomain({ launchSecurity: {} }), architecture: "s390x" };
    case "reenlightenment":
      return inDomain({ features: { ...domain.features, hyperv: { reenlightenment: { enabled: true } } } });
    case "hyperv-passthrough":
      return inDomain({ features: { ...domain.features, hypervPassthrough: { enabled: true } } });
    case "disk":
      return {
        ...devices({ disks: [...disks, { name: "data", disk: { bus: "virtio" } }] }),
        volumes: [...(spec.volumes ?? []), { name: "data", persistentVolumeClaim: { claimName } }],
      };
  }
}
