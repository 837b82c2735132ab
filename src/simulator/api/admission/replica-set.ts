import type { VirtualMachineInstanceReplicaSet } from "../../../kube/objects.ts";
import { matchesLabels, requirementsOf } from "../../../kube/selector.ts";
import type { World } from "../../world.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { specCauses } from "./instance-validation.ts";
import { call, denyFor, invalidCause, webhooks } from "./webhook.ts";

/** New and changed replica sets of instances: nothing is filled in, the template is validated as it stands. */
export function admitReplicaSet(
  world: World,
  set: VirtualMachineInstanceReplicaSet,
  { subresource }: AdmissionRequest,
): VirtualMachineInstanceReplicaSet {
  if (subresource === "status") {
    call(world, webhooks.statusValidator);
    return set;
  }
  call(world, webhooks.replicaSetValidator);
  denyFor(
    webhooks.replicaSetValidator,
    schemaProblems("virtualmachineinstancereplicasets", set).map((message) => ({ message })),
  );
  const { selector, template } = set.spec;
  denyFor(webhooks.replicaSetValidator, [
    ...specCauses("spec.template.spec", template.spec),
    ...(matchesLabels(requirementsOf(selector), template.metadata?.labels)
      ? []
      : [invalidCause("spec.selector", "selector does not match labels.")]),
  ]);
  return set;
}
