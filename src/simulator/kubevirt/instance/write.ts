import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import { same } from "../../frozen.ts";
import type { Store } from "../../store.ts";
import { isHandlers } from "./phase.ts";

const resource = "virtualmachineinstances";

/** Whether a pass leaves the VMI other than it was. */
export function isChanged(vmi: VirtualMachineInstance, next: VirtualMachineInstance): boolean {
  return fields.some((field) => !same(field.of(vmi), field.of(next)));
}

/**
 * Writes what a pass made of the VMI that it saw. One that is virt-handler's is patched, field by field; any other is
 * updated as a whole. Answers false where someone else has changed what was to be written since.
 */
export function write(store: Store, seen: VirtualMachineInstance, next: VirtualMachineInstance): boolean {
  const { namespace, name, uid } = seen.metadata;
  const current = store.get<VirtualMachineInstance>(resource, namespace, name);
  if (current?.metadata.uid !== uid) return true;
  const changed = fields.filter((field) => !same(field.of(seen), field.of(next)));
  const untouched = isHandlers(seen)
    ? changed.every((field) => same(field.of(current), field.of(seen)))
    : current.metadata.resourceVersion === seen.metadata.resourceVersion;
  if (!untouched) return false;
  store.mutate<VirtualMachineInstance>(resource, namespace, name, (draft) => {
    for (const field of changed) field.copy(next, draft);
  });
  return true;
}

interface Field {
  of(vmi: VirtualMachineInstance): unknown;
  copy(from: VirtualMachineInstance, to: VirtualMachineInstance): void;
}

/** What virt-controller writes of a VMI (watch/vmi/lifecycle.go: prepareVMIPatch, and what it updates before that). */
const fields: Field[] = [
  ...(["labels", "finalizers"] as const).map((field) => ({
    of: ({ metadata }: VirtualMachineInstance): unknown => metadata[field],
    copy: (from: VirtualMachineInstance, to: VirtualMachineInstance): void => {
      Object.assign(to.metadata, { [field]: structuredClone(from.metadata[field]) });
    },
  })),
  ...[
    "activePods",
    "conditions",
    "interfaces",
    "launcherContainerImageVersion",
    "memory",
    "migrationTransport",
    "nodeName",
    "phase",
    "phaseTransitionTimestamps",
    "qosClass",
    "volumeStatus",
  ].map((field) => ({
    of: ({ status }: VirtualMachineInstance): unknown => status[field],
    copy: (from: VirtualMachineInstance, to: VirtualMachineInstance): void => {
      Object.assign(to.status, { [field]: structuredClone(from.status[field]) });
    },
  })),
];
