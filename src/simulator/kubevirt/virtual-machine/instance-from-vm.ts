import type { VirtualMachine, VirtualMachineInstance } from "../../../kube/objects.ts";
import type { NewObject } from "../create.ts";
import { annotations, apiVersion, finalizers } from "../names.ts";
import { applyInstancetype, type Matched } from "./instancetype.ts";

/** The VMI that a VM starts: its template, expanded, in its name (watch/vm/vm.go: SetupVMIFromVM). */
export function instanceFrom(
  vm: VirtualMachine,
  matched: Matched,
  revisionName: string,
): NewObject<VirtualMachineInstance> {
  const { name, namespace, uid, generation = 1 } = vm.metadata;
  const { metadata: template = {}, spec } = vm.spec.template;
  const { instancetype } = matched;
  const [request] = vm.status.stateChangeRequests ?? [];
  const paused = request?.action === "Start" && request.data?.["paused"] === "true";
  return {
    apiVersion,
    kind: "VirtualMachineInstance",
    metadata: {
      name,
      ...(namespace !== undefined && { namespace }),
      labels: { ...template.labels },
      annotations: {
        ...template.annotations,
        ...instancetype?.spec.annotations,
        ...(instancetype !== undefined && {
          [`kubevirt.io/${instancetype.cluster ? "cluster-" : ""}instancetype-name`]: instancetype.name,
        }),
        [annotations.vmGeneration]: String(generation),
      },
      finalizers: [finalizers.virtualMachine],
      ownerReferences: [{ apiVersion, blockOwnerDeletion: true, controller: true, kind: "VirtualMachine", name, uid }],
    },
    spec: { ...applyInstancetype(spec, matched), ...(paused && { startStrategy: "Paused" }) },
    status: { virtualMachineRevisionName: revisionName },
  };
}

/** The VM's own VMI: of the same name, and made by it. */
export function isControlledBy(vmi: VirtualMachineInstance, vm: VirtualMachine): boolean {
  return (
    vmi.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === vm.metadata.uid) ?? false
  );
}
