import type { VirtualMachine, VirtualMachineInstance, VmiSpec } from "../../../kube/objects.ts";
import type { NewObject } from "../create.ts";
import { annotations, apiVersion, finalizers } from "../names.ts";
import { setDefaultNetwork, setDisksOfVolumes } from "../../api/admission/instance-defaults.ts";
import { applyInstancetype } from "./apply-instancetype.ts";
import type { Matched } from "./instancetype.ts";
import type { InstancetypeSpec, PreferenceSpec } from "./instancetype-specs.ts";

/** The VMI that a VM starts: its template, expanded, in its name (watch/vm/vm.go: SetupVMIFromVM). */
export function instanceFrom(
  vm: VirtualMachine,
  matched: Matched,
  revisionName: string,
): NewObject<VirtualMachineInstance> {
  const { name, namespace, uid, generation = 1 } = vm.metadata;
  const { metadata: template = {}, spec } = vm.spec.template;
  const { instancetype, preference } = matched;
  const named = (what: string, found: { name: string; cluster: boolean } | undefined) =>
    found && { [`kubevirt.io/${found.cluster ? "cluster-" : ""}${what}-name`]: found.name };
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
        ...preference?.spec.annotations,
        ...instancetype?.spec.annotations,
        ...template.annotations,
        ...named("instancetype", instancetype),
        ...named("preference", preference),
        [annotations.vmGeneration]: String(generation),
      },
      finalizers: [finalizers.virtualMachine],
      ownerReferences: [{ apiVersion, blockOwnerDeletion: true, controller: true, kind: "VirtualMachine", name, uid }],
    },
    spec: { ...expanded(spec, matched), ...(paused && { startStrategy: "Paused" }) },
    status: { virtualMachineRevisionName: revisionName },
  };
}

/** What is found of a VM's instance type and preference, as far as it is applied. */
interface Specs {
  instancetype?: { spec: InstancetypeSpec };
  preference?: { spec: PreferenceSpec };
}

/** The template's spec with all that instance type and preference add: first come disks and networks for them to speak of. */
export function expanded(template: VmiSpec, { instancetype, preference }: Specs) {
  if (instancetype === undefined && preference === undefined) return template;
  const spec = structuredClone(template);
  setDisksOfVolumes(spec);
  const { preferredAutoattachPodInterface: attached } = preference?.spec.devices ?? {};
  if (attached !== undefined) spec.domain.devices["autoattachPodInterface"] ??= attached;
  setDefaultNetwork(spec);
  return applyInstancetype(spec, instancetype?.spec, preference?.spec);
}

/** The VM's own VMI: of the same name, and made by it. */
export function isControlledBy(vmi: VirtualMachineInstance, vm: VirtualMachine): boolean {
  return (
    vmi.metadata.ownerReferences?.some(({ controller, uid }) => controller === true && uid === vm.metadata.uid) ?? false
  );
}
