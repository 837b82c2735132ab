import type { VirtualMachineInstance } from "../../../kube/objects.ts";
import { copyOf, same } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { setInstanceDefaults } from "./instance-defaults.ts";
import { canonicalise, unreadableCount } from "./instance-spec.ts";
import { labelCauses, mandatoryCauses, reservedOf, specCauses } from "./instance-validation.ts";
import { call, denied, denyFor, webhooks } from "./webhook.ts";

const go = "VirtualMachineInstanceSpec.spec";

/** New and changed instances, as virt-api's webhooks treat them. */
export function admitInstance(
  world: World,
  sent: VirtualMachineInstance,
  request: AdmissionRequest,
): VirtualMachineInstance {
  call(world, webhooks.vmiMutator);
  denyFor(
    webhooks.vmiMutator,
    schemaProblems("virtualmachineinstances", sent).map((message) => ({ message })),
  );
  const { old } = request;
  return old === undefined ? created(world, sent, request) : updated(sent, old as VirtualMachineInstance, request);
}

function created(world: World, sent: VirtualMachineInstance, { by }: AdmissionRequest): VirtualMachineInstance {
  const vmi = copyOf(sent);
  if (by === "user") vmi.status = {};
  const unreadable = unreadableCount(vmi.spec, go);
  if (unreadable !== undefined) throw denied(webhooks.vmiMutator, unreadable);
  try {
    canonicalise(vmi.spec);
  } catch (error) {
    throw denied(webhooks.vmiMutator, (error as Error).message);
  }
  setInstanceDefaults(world, vmi);
  denyFor(webhooks.vmiCreateValidator, [
    ...specCauses("spec", vmi.spec),
    ...mandatoryCauses("spec", vmi.spec),
    ...(by === "user" ? labelCauses("metadata", vmi.metadata.labels) : []),
  ]);
  return vmi;
}

function updated(
  sent: VirtualMachineInstance,
  old: VirtualMachineInstance,
  { by }: AdmissionRequest,
): VirtualMachineInstance {
  if (by === "kubevirt") return sent;
  if (!same(sent.spec, old.spec)) {
    denyFor(webhooks.vmiUpdateValidator, [
      { reason: "FieldValueNotSupported", message: "update of VMI object is restricted" },
    ]);
  }
  if (!same(reservedOf(sent.metadata.labels), reservedOf(old.metadata.labels))) {
    denyFor(webhooks.vmiUpdateValidator, [
      {
        reason: "FieldValueNotSupported",
        message: "modification of the following reserved kubevirt.io/ labels on a VMI object is prohibited",
      },
    ]);
  }
  // Instances have no status apart from the object; what others than KubeVirt write there is put back in silence.
  return { ...sent, status: old.status };
}
