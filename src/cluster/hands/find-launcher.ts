import { EnvironmentError } from "../../errors.ts";
import type { Pod, VirtualMachineInstance } from "../../kube/objects.ts";
import { virtualMachineInstances } from "../../kube/resources.ts";
import { launcherPods } from "../../workload/launcher-pods.ts";
import type { VmiRef } from "../cluster.ts";
import type { KubeClient } from "../kube-client.ts";

/** Where a VMI's guest runs: the container around its qemu. */
export interface Launcher {
  node: string;
  pod: string;
  /** The id of the container `compute`, without the runtime's name. */
  container: string;
  /** The libvirt domain's name. */
  domain: string;
  vmiUid: string;
}

/** The launcher in which the VMI's guest runs; null where none runs. */
export async function findLauncher(kube: KubeClient, vmi: VmiRef): Promise<Launcher | null> {
  const pods = await launcherPods({ kube }, vmi);
  const running = pods.filter((pod) => containerOf(pod) !== null);
  // While it migrates it has two: the guest is where its VMI says, unless the other is meant.
  const node = vmi.node ?? (running.length > 1 ? await nodeOf(kube, vmi) : running[0]?.spec.nodeName);
  const pod = running.find(({ spec }) => spec.nodeName === node);
  const container = pod && containerOf(pod);
  if (!container || node === undefined) return null;
  const domain = `${vmi.namespace}_${vmi.name}`;
  return { node, pod: pod.metadata.name, container, domain, vmiUid: vmi.uid };
}

/** @throws EnvironmentError where none runs */
export async function mustFindLauncher(kube: KubeClient, vmi: VmiRef): Promise<Launcher> {
  const launcher = await findLauncher(kube, vmi);
  if (launcher !== null) return launcher;
  throw new EnvironmentError(`no virt-launcher runs for ${vmi.namespace}/${vmi.name} (UID ${vmi.uid})`);
}

function containerOf(pod: Pod): string | null {
  const compute = pod.status.containerStatuses?.find(({ name }) => name === "compute");
  if (compute?.state.running === undefined) return null;
  return compute.containerID?.replace(/^.*:\/\//, "") ?? null;
}

async function nodeOf(kube: KubeClient, { namespace, name }: VmiRef): Promise<string | undefined> {
  const vmi = await kube.get<VirtualMachineInstance>(virtualMachineInstances, name, namespace);
  return vmi?.status.nodeName;
}
