import type { World } from "../../world.ts";
import type { MigrationPolicy } from "../../kubevirt/migration/policies.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { call, denyFor, invalidCause, webhooks } from "./webhook.ts";
import type { Cause } from "./webhook.ts";

/** New and changed migration policies (virt-api's migrationpolicy-admitter.go). */
export function admitMigrationPolicy(
  world: World,
  policy: MigrationPolicy,
  { old }: AdmissionRequest,
): MigrationPolicy {
  const webhook = webhooks.migrationPolicyValidator;
  call(world, webhook);
  denyFor(
    webhook,
    schemaProblems("migrationpolicies", policy).map((message) => ({ message })),
  );
  const { completionTimeoutPerGiB = 0, maxDowntimeMs } = policy.spec;
  const causes: Cause[] = [];
  if (completionTimeoutPerGiB < 0) causes.push(invalidCause("spec.completionTimeoutPerGiB", "must not be negative"));
  const before = (old as MigrationPolicy | undefined)?.spec.maxDowntimeMs;
  if (maxDowntimeMs !== undefined && maxDowntimeMs !== before) {
    const message = "maxDowntimeMs cannot be modified without enabling the MigrationStallDetection feature gate";
    causes.push(invalidCause("spec.maxDowntimeMs", message));
  }
  denyFor(webhook, causes);
  return policy;
}
