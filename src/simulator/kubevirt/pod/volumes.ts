import { createHash } from "node:crypto";
import type { Container, VirtualMachineInstance } from "../../../kube/objects.ts";
import { claimNameOf } from "../claims.ts";
import { images } from "../names.ts";

interface Volume {
  name: string;
  [source: string]: unknown;
}

/**
 * Volumes of the launcher pod: its own scratch space, container disks as images, and the VMI's claims and configuration. A
 * VMI moves with the very images it was started with, by digest.
 */
export function launcherVolumes(vmi: VirtualMachineInstance, imagesKnown = false): Volume[] {
  const scratch = ["private", "public", "sockets", "virt-bin-share-dir", "libvirt-runtime", "ephemeral-disks"];
  const volumes: Volume[] = scratch.map((name) => ({ name, emptyDir: {} }));
  let containerDisks = false;
  for (const volume of vmi.spec.volumes ?? []) {
    const claimName = claimNameOf(volume);
    const disk = containerDiskOf(volume);
    if (disk !== undefined) {
      containerDisks = true;
      const reference = imagesKnown ? digested(disk.image) : disk.image;
      volumes.push({ name: volume.name, image: { pullPolicy: pullPolicy(disk), reference } });
    } else if (claimName !== undefined) {
      volumes.push({ name: volume.name, persistentVolumeClaim: { claimName } });
    } else {
      for (const source of ["configMap", "secret"] as const) {
        const given = volume[source] as { secretName?: string } | undefined;
        if (given !== undefined) volumes.push({ name: volume.name, [source]: given });
      }
    }
  }
  if (containerDisks) {
    volumes.push({ name: "launcher-volume", image: { pullPolicy: "IfNotPresent", reference: images.launcher } });
  }
  volumes.push({ name: "hotplug-disks", emptyDir: {} });
  return volumes;
}

/** Where compute finds them. */
export function mountsOf(vmi: VirtualMachineInstance): object[] {
  const mounts: object[] = [
    { mountPath: "/var/run/kubevirt-private", name: "private" },
    { mountPath: "/var/run/kubevirt", name: "public" },
    { mountPath: "/var/run/kubevirt-ephemeral-disks", name: "ephemeral-disks" },
    { mountPath: "/var/run/libvirt", name: "libvirt-runtime" },
    { mountPath: "/var/run/kubevirt/sockets", name: "sockets" },
  ];
  for (const [index, volume] of (vmi.spec.volumes ?? []).entries()) {
    if (containerDiskOf(volume) !== undefined) {
      mounts.push({ mountPath: `/var/run/kubevirt-image-volume/disk_${index}`, name: volume.name, readOnly: true });
    } else if (claimNameOf(volume) !== undefined) {
      mounts.push({ mountPath: `/var/run/kubevirt-private/vmi-disks/${volume.name}`, name: volume.name });
    }
  }
  mounts.push({
    mountPath: "/var/run/kubevirt/hotplug-disks",
    mountPropagation: "HostToContainer",
    name: "hotplug-disks",
  });
  return mounts;
}

/**
 * Init containers: the serial console's log, kept running beside compute, and one per container disk to pull its
 * image, but not where the VMI moves with images that are known.
 */
export function sidecars(vmi: VirtualMachineInstance, imagesKnown = false): Container[] {
  const { uid } = vmi.metadata;
  const containers: Container[] = [];
  const { autoattachSerialConsole, logSerialConsole } = vmi.spec.domain.devices;
  if (autoattachSerialConsole !== false && logSerialConsole !== false) {
    containers.push({
      name: "guest-console-log",
      image: images.launcher,
      command: ["/usr/bin/virt-tail"],
      args: ["--logfile", `/var/run/kubevirt-private/${uid}/virt-serial0-log`],
      resources: { limits: { cpu: "15m", memory: "60M" }, requests: { cpu: "5m", memory: "35M" } },
      restartPolicy: "Always",
      volumeMounts: [{ mountPath: "/var/run/kubevirt-private", name: "private", readOnly: true }],
      imagePullPolicy: "IfNotPresent",
    });
  }
  for (const volume of vmi.spec.volumes ?? []) {
    const disk = containerDiskOf(volume);
    if (disk === undefined || imagesKnown) continue;
    containers.push({
      name: `volume${volume.name}`,
      image: disk.image,
      command: ["/container-disk-binary/usr/bin/container-disk"],
      args: ["--no-op"],
      resources: {
        limits: { cpu: "10m", memory: "40M" },
        requests: { cpu: "1m", "ephemeral-storage": "50M", memory: "1M" },
      },
      volumeMounts: [{ mountPath: "/container-disk-binary", name: "launcher-volume", readOnly: true }],
      imagePullPolicy: pullPolicy(disk),
    });
  }
  return containers;
}

interface ContainerDisk {
  image: string;
  imagePullPolicy?: string;
}

function containerDiskOf(volume: Record<string, unknown>): ContainerDisk | undefined {
  return volume["containerDisk"] as ContainerDisk | undefined;
}

function pullPolicy(disk: ContainerDisk): string {
  return disk.imagePullPolicy ?? (/:latest$|^[^:]*$/.test(disk.image.replace(/^.*\//, "")) ? "Always" : "IfNotPresent");
}

/** The image by a digest; no registry is asked for its own, so it is that of the name. */
function digested(image: string): string {
  if (image.includes("@")) return image;
  const name = image.replace(/:[^:/]*$/, "");
  return `${name}@sha256:${createHash("sha256").update(image).digest("hex")}`;
}
