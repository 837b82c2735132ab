import type { Pod, VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { bytesQuantity } from "../../../kube/quantity.ts";
import { recordEvent } from "../../event-recorder.ts";
import type { World } from "../../world.ts";
import { labels } from "../names.ts";
import { memoryOverheadBytes } from "../pod/resources.ts";
import { resolvedConfiguration } from "./policies.ts";

/** Writes on the VMI where it is to go: from then on the virt-handlers of both nodes have it in hand. */
export function handOver(
  world: World,
  migration: VirtualMachineInstanceMigration,
  vmi: VirtualMachineInstance,
  target: Pod,
): void {
  const { namespace, name } = vmi.metadata;
  const { sourcePod } = migration.status.migrationState ?? {};
  const node = target.spec.nodeName!;
  const { configuration, policyName } = resolvedConfiguration(world, vmi);
  world.store.mutate<VirtualMachineInstance>("virtualmachineinstances", namespace, name, ({ metadata, status }) => {
    metadata.labels = { ...metadata.labels, [labels.migrationTarget]: node };
    status.migrationState = {
      migrationConfiguration: configuration,
      ...(policyName !== undefined && { migrationPolicyName: policyName }),
      migrationUid: migration.metadata.uid,
      sourceNode: vmi.status.nodeName!,
      ...(sourcePod !== undefined && { sourcePod }),
      targetMemoryOverhead: bytesQuantity(memoryOverheadBytes(vmi)),
      targetNode: node,
      targetPod: target.metadata.name,
    };
  });
  const message = "Migration target pod is ready for preparation by virt-handler.";
  recordEvent(world, migration, "Normal", "SuccessfulHandOver", message, "virtualmachine-controller");
}
