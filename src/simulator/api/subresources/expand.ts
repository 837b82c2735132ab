import type { VirtualMachine } from "../../../kube/objects.ts";
import { copyOf } from "../../frozen.ts";
import { expanded } from "../../kubevirt/virtual-machine/instance-from-vm.ts";
import { findInstancetype, findPreference } from "../../kubevirt/virtual-machine/instancetype.ts";
import { SyncError } from "../../kubevirt/sync-error.ts";
import type { ApiResponse } from "../../simulation.ts";
import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";
import { setSpecDefaults } from "../admission/instance-defaults.ts";
import { conflictCauses } from "../admission/instancetype-conflicts.ts";
import { readObject } from "../request.ts";
import type { Query, Target } from "../request.ts";
import { schemaProblems } from "../schema.ts";
import { answer, badRequest, objectText } from "../wire.ts";
import { findMachine, internalError } from "./answers.ts";

/** GET expand-spec of a VM: with its instance type and preference written out, and named no more. */
export function expandMachine(world: World, target: Target): ApiResponse {
  return answer(200, objectText(expand(world, findMachine(world, target), internalError)));
}

/** PUT expand-vm-spec: the same for a VM that is sent, and need not be there. */
export function expandSent(world: World, { namespace = "" }: Target, query: Query): ApiResponse {
  if (query.body === undefined) throw badRequest("empty request body");
  const vm = readObject(query, "VirtualMachine") as unknown as VirtualMachine;
  const problems = schemaProblems("virtualmachines", vm);
  if (problems.length > 0) {
    const causes = problems.map((message) => ({ message }));
    throw new StatusError(400, "BadRequest", "Object is not a valid VirtualMachine", { causes });
  }
  const metadata = { ...(vm.metadata as Partial<VirtualMachine["metadata"]> | undefined) };
  if (metadata.namespace && metadata.namespace !== namespace)
    throw badRequest(`VM namespace must be empty or ${namespace}`);
  const placed = { ...vm, metadata: { ...metadata, namespace } } as VirtualMachine;
  return answer(200, objectText(expand(world, placed, badRequest)));
}

/** pkg/instancetype/expand; `refuse` makes the refusal of what is missing or in conflict. */
function expand(world: World, vm: VirtualMachine, refuse: (message: string) => StatusError): VirtualMachine {
  if (vm.spec.instancetype === undefined && vm.spec.preference === undefined) return vm;
  const { type, preference } = specsOf(world, vm, refuse);
  const conflicts = type === undefined ? [] : conflictCauses(type, vm).map(({ field }) => field);
  if (conflicts.length > 0) {
    throw refuse(`VM field(s) ${conflicts.join(", ")} conflicts with selected instance type`);
  }
  const copy = copyOf(vm);
  const spec = copyOf(
    expanded(copy.spec.template.spec, {
      ...(type && { instancetype: { spec: type } }),
      ...(preference && { preference: { spec: preference } }),
    }),
  );
  setSpecDefaults(spec, world);
  copy.spec.template.spec = spec;
  const annotations = { ...preference?.annotations, ...type?.annotations, ...copy.spec.template.metadata?.annotations };
  if (Object.keys(annotations).length > 0)
    copy.spec.template.metadata = { ...copy.spec.template.metadata, annotations };
  delete copy.spec.instancetype;
  delete copy.spec.preference;
  const { status } = copy as Partial<VirtualMachine>;
  delete status?.["instancetypeRef"];
  delete status?.["preferenceRef"];
  return copy;
}

function specsOf(world: World, vm: VirtualMachine, refuse: (message: string) => StatusError) {
  try {
    return { type: findInstancetype(world, vm), preference: findPreference(world, vm) };
  } catch (error) {
    if (error instanceof SyncError) throw refuse(error.message);
    throw error;
  }
}
