import { condition } from "../../../kube/objects.ts";
import type { VirtualMachineInstance, VirtualMachineInstanceMigration } from "../../../kube/objects.ts";
import { same } from "../../frozen.ts";
import type { World } from "../../world.ts";
import { schemaProblems } from "../schema.ts";
import type { AdmissionRequest } from "./admit.ts";
import { call, denied, denyFor, webhooks } from "./webhook.ts";

const instanceLabel = "kubevirt.io/vmi-name";
const finalizer = "kubevirt.io/migrationJobFinalize";

/** New and changed migrations: one at a time, of an instance that runs and can be migrated, and never changed after. */
export function admitMigration(
  world: World,
  migration: VirtualMachineInstanceMigration,
  { by, old, subresource }: AdmissionRequest,
): VirtualMachineInstanceMigration {
  if (subresource === "status") {
    call(world, webhooks.statusValidator);
    return migration;
  }
  const webhook = old === undefined ? webhooks.migrationMutator : webhooks.migrationUpdateValidator;
  call(world, webhook);
  denyFor(
    webhook,
    schemaProblems("virtualmachineinstancemigrations", migration).map((message) => ({ message })),
  );
  if (old !== undefined) {
    checkUpdate(migration, old as VirtualMachineInstanceMigration);
    return migration;
  }
  checkNew(world, migration, by);
  const { metadata } = migration;
  return {
    ...migration,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [instanceLabel]: migration.spec.vmiName },
      finalizers: [...(metadata.finalizers ?? []), finalizer],
    },
  };
}

function checkNew(world: World, { metadata, spec }: VirtualMachineInstanceMigration, by: AdmissionRequest["by"]): void {
  const { vmiName } = spec;
  const webhook = webhooks.migrationCreateValidator;
  if (!vmiName) {
    denyFor(webhook, [{ reason: "FieldValueRequired", message: "vmiName is missing", field: "spec.vmiName" }]);
  }
  if (by === "user" && spec["priority"] !== undefined) {
    denyFor(webhook, [
      {
        reason: "FieldValueForbidden",
        message: "Migration priority queue, only virt-controller is allowed to set priority field",
        field: "spec.migrationPriority",
      },
    ]);
  }
  const vmi = world.store.get<VirtualMachineInstance>("virtualmachineinstances", metadata.namespace, vmiName);
  if (vmi === undefined) throw denied(webhook, `the VMI "${metadata.namespace}/${vmiName}" does not exist`);
  const { phase } = vmi.status;
  if (phase === "Succeeded" || phase === "Failed") throw denied(webhook, "Cannot migrate VMI in finalized state.");
  const migratable = condition(vmi, "LiveMigratable");
  if (migratable?.status === "False") {
    throw denied(
      webhook,
      `Cannot migrate VMI, Reason: ${migratable.reason ?? ""}, Message: ${migratable.message ?? ""}`,
    );
  }
  const others = world.store.list<VirtualMachineInstanceMigration>(
    "virtualmachineinstancemigrations",
    metadata.namespace,
  );
  const active = others.find(
    (other) =>
      other.metadata.labels?.[instanceLabel] === vmiName &&
      other.status?.phase !== "Succeeded" &&
      other.status?.phase !== "Failed",
  );
  if (active === undefined) return;
  throw denied(
    webhook,
    `in-flight migration detected. Active migration job (${active.metadata.uid}) is currently already in progress for VMI ${vmiName}.`,
  );
}

function checkUpdate(migration: VirtualMachineInstanceMigration, old: VirtualMachineInstanceMigration): void {
  const refuse = (message: string) =>
    denyFor(webhooks.migrationUpdateValidator, [{ reason: "FieldValueNotSupported", message }]);
  if (!same(migration.spec, old.spec)) refuse("update of Migration object's spec is restricted");
  const phase = migration.status?.phase;
  const label = old.metadata.labels?.[instanceLabel];
  if (phase === "Succeeded" || phase === "Failed" || label === undefined) return;
  if (migration.metadata.labels === undefined) refuse("selector label can't be removed from an in-flight migration");
  if (migration.metadata.labels?.[instanceLabel] !== label) {
    refuse("selector label can't be modified on an in-flight migration");
  }
}
