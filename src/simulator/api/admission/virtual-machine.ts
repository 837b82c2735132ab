import type { VirtualMachine, VmiSpec } from "../../../kube/objects.ts";
import { copyOf } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { setSpecDefaults } from "./instance-defaults.ts";
import { canonicalise, unreadableCount } from "./instance-spec.ts";
import { labelCauses, specCauses } from "./instance-validation.ts";
import { expanded } from "../../kubevirt/virtual-machine/instance-from-vm.ts";
import { conflictCauses, requirementCauses, specsOf } from "./instancetype-conflicts.ts";
import { call, denied, denyFor, invalidCause, webhooks } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

const at = "spec.template.spec";
const go = "VirtualMachineInstanceTemplateSpec.spec.template.spec";
const runStrategies = ["Halted", "Manual", "Always", "RerunOnFailure", "Once"];

/** New and changed virtual machines, as virt-api's webhooks treat them. */
export function admitVirtualMachine(world: World, sent: VirtualMachine, request: AdmissionRequest): VirtualMachine {
  if (request.subresource === "status") {
    // A webhook of its own looks at it, which has nothing to say here.
    call(world, webhooks.statusValidator);
    return sent;
  }
  call(world, webhooks.vmMutator);
  denyFor(
    webhooks.vmMutator,
    schemaProblems("virtualmachines", sent).map((message) => ({ message })),
  );
  const vm = copyOf(sent);
  // A template may leave its specification out; it is an empty one then.
  const spec = ((vm.spec.template as Partial<VirtualMachine["spec"]["template"]>).spec ??= {
    domain: { devices: {} },
  });
  const unreadable = unreadableCount(spec, go);
  if (unreadable !== undefined) throw denied(webhooks.vmMutator, unreadable);
  try {
    canonicalise(spec);
  } catch (error) {
    throw denied(webhooks.vmMutator, (error as Error).message);
  }
  if (vm.metadata.deletionTimestamp !== undefined) return vm;
  denyFor(webhooks.vmMutator, [...matcherCauses(vm, "instancetype"), ...matcherCauses(vm, "preference")]);
  setDefaults(world, vm, request.old === undefined);
  validate(world, vm, request);
  if (vm.spec.running !== undefined) {
    request.warnings.push("spec.running is deprecated, please use spec.runStrategy instead.");
  }
  return vm;
}

/** Only what identifies the machine is fixed in the template; the rest is decided when an instance is made of it. */
function setDefaults(world: World, vm: VirtualMachine, isNew: boolean): void {
  const { template } = vm.spec;
  const { domain } = template.spec;
  template.spec["architecture"] ??= "amd64";
  domain["machine"] = { type: "q35", ...(domain["machine"] as object | undefined) };
  if (!isNew) return;
  const { namespace = "", name } = vm.metadata;
  const identify = (what: string) => world.random.uuid(what, namespace, name, world.store.resourceVersion);
  domain["firmware"] = {
    uuid: identify("firmware uuid"),
    serial: identify("firmware serial"),
    ...(domain["firmware"] as object | undefined),
  };
  template.metadata = {
    ...template.metadata,
    annotations: { "kubevirt.io/pci-topology-version": "v3", ...template.metadata?.annotations },
  };
}

function validate(world: World, vm: VirtualMachine, { by }: AdmissionRequest): void {
  const { type, preference } = specsOf(world, vm);
  if (type !== undefined) denyFor(webhooks.vmValidator, conflictCauses(type, vm));
  const spec: VmiSpec = copyOf(
    expanded(vm.spec.template.spec, {
      ...(type && { instancetype: { spec: type } }),
      ...(preference && { preference: { spec: preference } }),
    }),
  );
  setSpecDefaults(spec, world);
  denyFor(webhooks.vmValidator, requirementCauses(spec, type, preference));
  denyFor(webhooks.vmValidator, [
    ...(by === "user" ? labelCauses("spec.template.metadata", vm.spec.template.metadata?.labels) : []),
    ...specCauses(at, spec),
    ...dataVolumeCauses(vm),
    ...runStrategyCauses(vm),
  ]);
}

function matcherCauses(vm: VirtualMachine, which: "instancetype" | "preference"): Cause[] {
  const matcher = vm.spec[which];
  if (matcher === undefined) return [];
  const { name, kind } = matcher;
  const inferred = matcher["inferFromVolume"] as string | undefined;
  const field = `spec.${which}`;
  if (!name && !inferred) {
    const what = which === "instancetype" ? "InstancetypeMatcher" : "PreferenceMatcher";
    const message = `Either Name or InferFromVolume should be provided within the ${what}`;
    return [{ reason: "FieldValueNotFound", message, field }];
  }
  const alreadySet = (member: "Name" | "Kind"): Cause => ({
    reason: "FieldValueNotSupported",
    message: `${member} already set, should be cleared before setting inferFromVolume`,
    field: `${field}.${member.toLowerCase()}`,
  });
  return inferred ? [...(name ? [alreadySet("Name")] : []), ...(kind ? [alreadySet("Kind")] : [])] : [];
}

function dataVolumeCauses(vm: VirtualMachine): Cause[] {
  const volumes = vm.spec.template.spec.volumes ?? [];
  return (vm.spec.dataVolumeTemplates ?? []).flatMap(({ metadata }, index) => {
    const used = volumes.some((volume) => {
      const { claimName } = (volume["persistentVolumeClaim"] ?? {}) as { claimName?: string };
      const { name } = (volume["dataVolume"] ?? {}) as { name?: string };
      return claimName === metadata.name || name === metadata.name;
    });
    if (used) return [];
    const field = `spec.dataVolumeTemplate[${index}]`;
    const message = `DataVolumeTemplate entry ${field} must be referenced in the VMI template's 'volumes' list`;
    return [{ reason: "FieldValueRequired", message, field }];
  });
}

function runStrategyCauses({ spec: { running, runStrategy } }: VirtualMachine): Cause[] {
  const causes: Cause[] = [];
  if (running !== undefined && runStrategy !== undefined) {
    causes.push(
      invalidCause(
        "spec.running",
        "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy instead",
      ),
    );
  }
  if (running === undefined && runStrategy === undefined) {
    causes.push(invalidCause("spec.running", "RunStrategy must be specified"));
  }
  if (runStrategy === "WaitAsReceiver") {
    const message = `Invalid RunStrategy (${runStrategy}), DecentralizedLiveMigration feature gate is not enabled in kubevirt resource`;
    causes.push(invalidCause("spec.runStrategy", message));
  } else if (runStrategy !== undefined && !runStrategies.includes(runStrategy)) {
    causes.push(invalidCause("spec.runStrategy", `Invalid RunStrategy (${String(runStrategy)})`));
  }
  return causes;
}
