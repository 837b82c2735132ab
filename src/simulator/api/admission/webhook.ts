import { StatusError } from "../../status-error.ts";
import type { World } from "../../world.ts";

/** One thing wrong, as a Status lists it. */
export interface Cause {
  reason?: string;
  message: string;
  field?: string;
}

/** A webhook that virt-api serves: its name in messages, and where it is called. */
export interface Webhook {
  name: string;
  path: string;
}

function webhook(name: string, path: string): Webhook {
  return { name: `${name}.kubevirt.io`, path };
}

export const webhooks = {
  vmMutator: webhook("virtualmachines-mutator", "/virtualmachines-mutate"),
  vmValidator: webhook("virtualmachine-validator", "/virtualmachines-validate"),
  vmiMutator: webhook("virtualmachineinstances-mutator", "/virtualmachineinstances-mutate"),
  vmiCreateValidator: webhook("virtualmachineinstances-create-validator", "/virtualmachineinstances-validate-create"),
  vmiUpdateValidator: webhook("virtualmachineinstances-update-validator", "/virtualmachineinstances-validate-update"),
  replicaSetValidator: webhook("virtualmachinereplicaset-validator", "/virtualmachinereplicaset-validate"),
  migrationMutator: webhook("migrations-mutator", "/migration-mutate-create"),
  migrationCreateValidator: webhook("migration-create-validator", "/migration-validate-create"),
  migrationUpdateValidator: webhook("migration-update-validator", "/migration-validate-update"),
  statusValidator: webhook("kubevirt-crd-status-validator", "/status-validate"),
  instancetypeValidator: webhook(
    "virtualmachineinstancetype-validator.instancetype",
    "/virtualmachineinstancetypes-validate",
  ),
  clusterInstancetypeValidator: webhook(
    "virtualmachineclusterinstancetype-validator.instancetype",
    "/virtualmachineclusterinstancetypes-validate",
  ),
  preferenceValidator: webhook(
    "virtualmachinepreference-validator.instancetype",
    "/virtualmachinepreferences-validate",
  ),
  clusterPreferenceValidator: webhook(
    "virtualmachineclusterpreference-validator.instancetype",
    "/virtualmachineclusterpreferences-validate",
  ),
  migrationPolicyValidator: webhook("migration-policy-validator", "/migration-policy-validate-create"),
  evictionInterceptor: webhook("virt-launcher-eviction-interceptor", "/pod-eviction-validate"),
} as const;

/** At most so many causes are listed. */
const listedCauses = 10;

/** Throws what the API server answers when nobody serves the webhook: it is not optional (failurePolicy Fail). */
export function call(world: World, { name, path }: Webhook): void {
  if (world.up("virt-api")) return;
  const message = `failed calling webhook "${name}": failed to call webhook: Post "https://virt-api.kubevirt.svc:443${path}?timeout=10s": dial tcp: connect: connection refused`;
  throw new StatusError(500, "InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** Throws the webhook's refusal (422) where there is a cause. */
export function denyFor({ name }: Webhook, causes: readonly Cause[]): void {
  if (causes.length === 0) return;
  const listed = causes.slice(0, listedCauses);
  const more = causes.length - listed.length;
  const sentence = listed.map(({ message }) => message).join(", ");
  const text = more > 0 ? `${sentence}, and ${more} more validation errors` : sentence;
  throw new StatusError(422, "Invalid", `admission webhook "${name}" denied the request: ${text}`, { causes: listed });
}

/** The webhook's refusal without causes: 400 for what it cannot read or does not allow. */
export function denied({ name }: Webhook, message: string, code = 400): StatusError {
  return new StatusError(code, "", `admission webhook "${name}" denied the request: ${message}`);
}

/** A cause of the most frequent kind. */
export function invalidCause(field: string, message: string): Cause {
  return { reason: "FieldValueInvalid", message, field };
}
