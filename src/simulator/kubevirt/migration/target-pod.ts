import type { Node, Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import type { World } from "../../world.ts";
import type { NewObject } from "../create.ts";
import { annotations, labels } from "../names.ts";
import { launcherPod } from "../pod/template.ts";

/**
 * The pod that a VMI moves to: its launcher pod again, kept off the nodes that have one of it, and on nodes whose CPU
 * can go on where the present one stops (watch/migration/migration.go: createTargetPod).
 */
export function targetPod(
  world: World,
  vmi: VirtualMachineInstance,
  { metadata, spec: { addedNodeSelector } }: VirtualMachineInstanceMigration,
): NewObject<Pod> {
  const pod = launcherPod(world, vmi, metadata.uid);
  const { spec } = pod;
  pod.metadata.labels = { ...pod.metadata.labels, [labels.migrationJobUid]: metadata.uid };
  pod.metadata.annotations = { ...pod.metadata.annotations, [annotations.migrationJobName]: metadata.name };
  const { podAntiAffinity } = spec.affinity ?? {};
  const required = podAntiAffinity?.["requiredDuringSchedulingIgnoredDuringExecution"] as object[] | undefined;
  const elsewhere = {
    labelSelector: { matchLabels: { [labels.createdBy]: vmi.metadata.uid } },
    topologyKey: "kubernetes.io/hostname",
  };
  spec.affinity = {
    ...spec.affinity,
    podAntiAffinity: {
      ...podAntiAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: [...(required ?? []), elsewhere],
    },
  };
  spec.nodeSelector = {
    ...(addedNodeSelector as Record<string, string> | undefined),
    ...machineTypeOf(vmi, spec.nodeSelector ?? {}),
    ...cpuOf(world, vmi),
    ...vendorOf(world, vmi),
  };
  return pod;
}

const machineTypePrefix = "machine-type.node.kubevirt.io/";

/** The machine type is the one that runs, not the alias that was asked for. */
function machineTypeOf(vmi: VirtualMachineInstance, selector: Record<string, string>): Record<string, string> {
  const { machine } = vmi.status as { machine?: { type?: string } };
  if (machine?.type === undefined) return selector;
  const others = Object.entries(selector).filter(([key]) => !key.startsWith(machineTypePrefix));
  return { ...Object.fromEntries(others), [machineTypePrefix + machine.type]: "true" };
}

/** With `host-model` the guest has its node's CPU, and goes on only where that can be had. */
function cpuOf({ store }: World, vmi: VirtualMachineInstance): Record<string, string> {
  if ((vmi.spec.domain.cpu?.model ?? "host-model") !== "host-model") return {};
  const node = store.get<Node>("nodes", undefined, vmi.status.nodeName ?? "");
  const selector: Record<string, string> = {};
  for (const label of Object.keys(node?.metadata.labels ?? {})) {
    const [prefix, value] = label.split("/") as [string, string?];
    if (prefix === "host-model-cpu.node.kubevirt.io")
      selector[`cpu-model-migration.node.kubevirt.io/${value}`] = "true";
    if (prefix === "host-model-required-features.node.kubevirt.io") {
      selector[`cpu-feature.node.kubevirt.io/${value}`] = "true";
    }
  }
  return selector;
}

/** No guest goes from one vendor's CPU to another's. */
function vendorOf({ store }: World, vmi: VirtualMachineInstance): Record<string, string> {
  const node = store.get<Node>("nodes", undefined, vmi.status.nodeName ?? "");
  const label = Object.keys(node?.metadata.labels ?? {}).find((one) => one.startsWith("cpu-vendor.node.kubevirt.io/"));
  return label === undefined ? {} : { [label]: "true" };
}
